import { expect, it } from 'vitest';
import { currentReadme, readmeWithTable } from './fault-table.ts';

it('tells in the README which faults each check finds', () => {
  expect(currentReadme() === readmeWithTable(), 'mend it with: node packages/conformance/test/fault-table.ts').toBe(
    true,
  );
});
