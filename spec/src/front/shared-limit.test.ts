import { describe, expect, it } from 'vitest';
import { type Claim, createSharedLimit, type SharedLimit } from './shared-limit.ts';

/** Creates claims that record their name when they give way. */
function claimsOf(limit: SharedLimit, ended: string[], names: string[]): Claim[] {
  return names.map((name) => limit.claim(() => void ended.push(name)));
}

describe('a shared limit', () => {
  it('lets the claims that have waited longest give way, as many as necessary, and counts them', () => {
    const limit = createSharedLimit(10);
    const ended: string[] = [];
    const [a, b, c, d] = claimsOf(limit, ended, ['a', 'b', 'c', 'd']);
    // A claim of amount 0 does not give way, because that would free nothing.
    a?.take(0);
    b?.take(4);
    c?.take(6);
    expect(ended).toEqual([]);
    d?.take(5);
    expect(ended).toEqual(['b', 'c']);
    expect(limit).toMatchObject({ used: 5, gaveWay: 2 });
  });

  it('lets no kept claim give way, but the newest one if there is no other', () => {
    const limit = createSharedLimit(10);
    const ended: string[] = [];
    const [a, b] = claimsOf(limit, ended, ['a', 'b']);
    a?.take(8);
    a?.keep();
    b?.take(3);
    expect(ended).toEqual(['b']);
    expect(limit.used).toBe(8);
  });

  it('counts the waiting of a claim from its last call of wait', () => {
    const limit = createSharedLimit(10);
    const ended: string[] = [];
    const [a, b] = claimsOf(limit, ended, ['a', 'b']);
    a?.take(5);
    b?.take(5);
    a?.wait();
    a?.take(1);
    expect(ended).toEqual(['b']);
  });

  it('frees a claim only once, however often free is called', () => {
    const limit = createSharedLimit(10);
    const ended: string[] = [];
    const [a, b] = claimsOf(limit, ended, ['a', 'b']);
    a?.take(5);
    a?.free();
    a?.free();
    expect(limit.used).toBe(0);
    b?.take(10);
    expect(ended).toEqual([]);
    expect(limit).toMatchObject({ used: 10, gaveWay: 0 });
  });
});
