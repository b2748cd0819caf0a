import { expect, it } from 'vitest';
import { currentReadme, readmeWithTable } from './fault-table.ts';

it('tells in the README which faults each check finds', () => {
  expect(
    currentReadme() === readmeWithTable(),
    'mend it with: npx -y pnpm@12 --filter @koodrive-backup/conformance exec node test/fault-table.ts',
  ).toBe(true);
});
