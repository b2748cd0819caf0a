import type { WireRequest } from './wire.ts';

/** The smallest size limits that common servers in front of a provider have by default, in bytes. */
const maxBodyBytes = 1_000_000;
const maxLineBytes = 4_000;

/**
 * Whether a server in front of the provider may refuse a request before the provider sees it. Web servers do so if a
 * request is large, or has bytes that HTTP discourages. The provider cannot choose the form of their answers (errata,
 * E32).
 */
export function isStoppable({ target, headers, body }: WireRequest): boolean {
  const isLarge = (body?.length ?? 0) >= maxBodyBytes;
  const isLong =
    target.length > maxLineBytes || headers.some(([name, value]) => name.length + value.length > maxLineBytes);
  // Control characters and encoded slashes.
  const isOdd = /%([01][\da-f]|7f|2f|5c)/i.test(target) || headers.some(([, value]) => /[^\x20-\x7e]/.test(value));
  return isLarge || isLong || isOdd;
}
