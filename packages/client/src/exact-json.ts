// A string, or a number as JSON's grammar has it (RFC 8259, section 6). Strings are matched to be passed over.
const token = /"[^"\\]*(\\.[^"\\]*)*"|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/g;

/**
 * Rewrites a JSON text so that no parser rounds its integers: a number beyond ±(2^53 - 1) becomes the string of its
 * exact digits, as they are written. Done on the text, because the reviver of `JSON.parse` sees the source of a number
 * only on newer runtimes.
 */
export function exactJson(text: string): string {
  // Only what has 16 digits, or an exponent, can be beyond.
  if (!/\d{16}|\d[eE]/.test(text)) return text;
  return text.replace(token, (source) => (Math.abs(+source) > Number.MAX_SAFE_INTEGER ? `"${source}"` : source));
}
