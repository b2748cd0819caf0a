import { expect, it } from 'vitest';
import { isRedoc, patchRedoc } from './patches.ts';

it('a change of Redoc that does not find its place fails, and says what it was for', () => {
  expect(() => patchRedoc('const other = 1;')).toThrow(/^Redoc has 0 places for a change that needs one: Each section/);
});

it('a change of Redoc that finds two places fails', () => {
  const lazy = '(0,B.useState)(()=>t||BH.has(e));';
  expect(() => patchRedoc(lazy + lazy)).toThrow(/^Redoc has 2 places/);
});

it('Redoc is known in both forms of its code', () => {
  expect(['"Layout/ThreePanelLayout"', '`Layout/ThreePanelLayout`', 'Layout'].map(isRedoc)).toEqual([
    true,
    true,
    false,
  ]);
});
