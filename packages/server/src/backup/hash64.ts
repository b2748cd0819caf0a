import { hash } from 'node:crypto';

/** A part of a text's SHA-256, as an integer of 64 bits with a sign. Two texts may have the same. */
export const hash64 = (text: string): bigint => hash('sha256', text, 'buffer').readBigInt64BE();
