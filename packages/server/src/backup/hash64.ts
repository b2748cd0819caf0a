import { hash } from 'node:crypto';

/** Returns a part of a text's SHA-256, as a signed integer of 64 bits. Two texts may have the same hash. */
export const hash64 = (text: string): bigint => hash('sha256', text, 'buffer').readBigInt64BE();
