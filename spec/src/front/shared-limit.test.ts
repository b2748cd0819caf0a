import { describe, expect, it } from 'vitest';
import { type Claim, createSharedLimit, type SharedLimit } from './shared-limit.ts';

/** Claims of a limit, by name, which say when they give way. */
function claimsOf(limit: SharedLimit, ended: string[], names: string[]): Claim[] {
  return names.map((name) => limit.claim(() => void ended.push(name)));
}

describe('a limit that all share', () => {
  it('lets the claim give way that has waited longest, as many as it takes, and counts them', () => {
    const limit = createSharedLimit(10);
    const ended: string[] = [];
    const [a, b, c, d] = claimsOf(limit, ended, ['a', 'b', 'c', 'd']);
    // One that uses nothing has nothing to give.
    a?.take(0);
    b?.take(4);
    c?.take(6);
    expect(ended).toEqual([]);
    d?.take(5);
    expect(ended).toEqual(['b', 'c']);
    expect(limit).toMatchObject({ used: 5, gaveWay: 2 });
  });

  it('lets no claim give way that is worked on, and the newest if there is no other', () => {
    const limit = createSharedLimit(10);
    const ended: string[] = [];
    const [a, b] = claimsOf(limit, ended, ['a', 'b']);
    a?.take(8);
    a?.keep();
    b?.take(3);
    expect(ended).toEqual(['b']);
    expect(limit.used).toBe(8);
  });

  it('counts how long a claim waits from when it last began to', () => {
    const limit = createSharedLimit(10);
    const ended: string[] = [];
    const [a, b] = claimsOf(limit, ended, ['a', 'b']);
    a?.take(5);
    b?.take(5);
    a?.wait();
    a?.take(1);
    expect(ended).toEqual(['b']);
  });

  it('is free of a claim once, however often that is ended', () => {
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
