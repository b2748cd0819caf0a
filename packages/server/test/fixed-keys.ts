import type { KeyRing } from '../src/auth/key-ring.ts';
import { keysOf } from '../src/auth/keys.ts';

/** Creates a key ring without a store or a file. It has one key, which never changes. */
export function fixedKeys(): KeyRing {
  const current = keysOf(Buffer.alloc(32));
  return { current, find: async (attempt) => attempt(current), refresh: async () => {} };
}
