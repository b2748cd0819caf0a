import type { WireRequest } from './wire.ts';

/** Sizes that every server in front of a provider lets through by default, in bytes: the least of those in wide use. */
const maxBodyBytes = 1_000_000;
const maxLineBytes = 4_000;

/**
 * Whether what stands in front of a provider may stop a request before the provider sees it, as web servers do with what
 * is large, or has bytes that HTTP discourages. What they answer has no form that a provider could choose (errata E32).
 */
export function isStoppable({ target, headers, body }: WireRequest): boolean {
  const isLarge = (body?.length ?? 0) >= maxBodyBytes;
  const isLong =
    target.length > maxLineBytes || headers.some(([name, value]) => name.length + value.length > maxLineBytes);
  // Control characters, and slashes that are encoded.
  const isOdd = /%([01][\da-f]|7f|2f|5c)/i.test(target) || headers.some(([, value]) => /[^\x20-\x7e]/.test(value));
  return isLarge || isLong || isOdd;
}
