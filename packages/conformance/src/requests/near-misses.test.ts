import { expect, it } from 'vitest';
import { nearMisses } from './near-misses.ts';

it('returns values that differ from the given one and from each other', () => {
  for (const value of ['1972722990965587968', '78e41c7e-db02@102', 'Token', 'a', '7']) {
    const values = nearMisses(value).map(([, other]) => other);
    expect(values).not.toContain(value);
    expect(values).not.toContain('');
    expect(new Set(values).size).toBe(values.length);
    expect(values.length).toBeGreaterThan(7);
  }
});

it('returns numbers that are equal, or that a double cannot tell apart', () => {
  const values = new Map(nearMisses('1972722990965587968'));
  expect(Number(values.get('as a fraction'))).toBe(Number('1972722990965587968'));
  const same = values.get('that is the same as a double');
  expect(Number(same)).toBe(Number('1972722990965587968'));
  expect(same).not.toBe('1972722990965587968');
});

it('returns no number so near that it may be the id of a thing created at the same time', () => {
  for (const id of ['1972722990965587968', '1972722990965587969', '1972722990965588222', '9007199254740993']) {
    const others = nearMisses(id).flatMap(([, value]) => (/^[1-9]\d*$/.test(value) ? [BigInt(value)] : []));
    const distances = others.map((other) => Math.abs(Number(other - BigInt(id))));
    expect(Math.min(...distances), id).toBeGreaterThan(50);
  }
});

it('returns no number for a short one, because it may be the id of something else', () => {
  const numbers = nearMisses('12').filter(([, value]) => /^[1-9]\d*$/.test(value));
  expect(numbers).toEqual([]);
});
