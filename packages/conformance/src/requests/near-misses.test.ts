import { expect, it } from 'vitest';
import { nearMisses } from './near-misses.ts';

it('makes values that differ from the right one and from each other', () => {
  for (const value of ['1972722990965587968', '78e41c7e-db02@102', 'Token', 'a', '7']) {
    const values = nearMisses(value).map(([, other]) => other);
    expect(values).not.toContain(value);
    expect(values).not.toContain('');
    expect(new Set(values).size).toBe(values.length);
    expect(values.length).toBeGreaterThan(7);
  }
});

it('knows numbers that are equal, or that a double cannot tell apart', () => {
  const values = new Map(nearMisses('1972722990965587968'));
  expect(Number(values.get('as a fraction'))).toBe(Number('1972722990965587968'));
  expect(values.get('beside it among doubles')).toBe('1972722990965587969');
  expect(Number(values.get('beside it among doubles'))).toBe(Number('1972722990965587968'));
});

it('makes no number of a short one, which may be that of something else', () => {
  const numbers = nearMisses('12').filter(([, value]) => /^[1-9]\d*$/.test(value));
  expect(numbers).toEqual([]);
});
