import type { KeyRing } from '../src/auth/key-ring.ts';
import { keysOf } from '../src/auth/keys.ts';

/** Keys without a store or a file: one key, which never changes. */
export function fixedKeys(): KeyRing {
  const current = keysOf(Buffer.alloc(32));
  return { current, find: async (attempt) => attempt(current), refresh: async () => {} };
}
