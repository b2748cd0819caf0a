import { expect, it } from 'vitest';
import reportSchema from '../report.schema.json' with { type: 'json' };
import { allChecks } from './checks/all.ts';
import { wfcFaults } from './wfc.ts';

const codes = Object.keys(wfcFaults).map(Number);

it('knows no code that no check has', () => {
  const used = new Set(allChecks('either').map(({ wfc }) => wfc));
  expect(codes.filter((code) => !used.has(code as keyof typeof wfcFaults))).toEqual([]);
});

it('lists its codes in the schema of reports', () => {
  expect(reportSchema.$defs.result.properties.wfc.enum).toEqual(codes);
});
