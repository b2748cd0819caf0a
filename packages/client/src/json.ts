// A string, or a number as JSON's grammar has it (RFC 8259, section 6). Strings are matched to be passed over.
const token = /"[^"\\]*(\\.[^"\\]*)*"|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/g;

/**
 * Rewrites a JSON text so that no parser rounds its integers: a number beyond ±(2^53 - 1) becomes the string of its
 * exact digits. Done on the text, because the reviver of `JSON.parse` sees the source of a number only on newer
 * runtimes. What is no integer there, or has more digits than a double could count, stays as it is written.
 */
export function exactJson(text: string): string {
  // Only a number of 16 digits, or with an exponent, can be beyond. Ids in quotes are no reason to look at every token.
  if (!/(^|[\s:,[-])\d{16}|\d[eE]/.test(text)) return text;
  // A string is NaN because of its quotes.
  return text.replace(token, (source) =>
    Math.abs(Number(source)) > Number.MAX_SAFE_INTEGER ? `"${digitsOf(source)}"` : source,
  );
}

// The lengths are bounded, so that no answer can make it slow.
const boundedNumber = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d{0,308}?)0*)?(?:[eE]\+?(?<exponent>\d{1,3}))?$/;

/** The digits of an integer, without point and exponent; the source as it is where it is no integer, or too long. */
function digitsOf(source: string): string {
  const { sign = '', whole = '', fraction = '', exponent = '0' } = boundedNumber.exec(source)?.groups ?? {};
  const zeros = Number(exponent);
  if (whole === '' || fraction.length > zeros) return source;
  const digits = whole + fraction.padEnd(zeros, '0');
  return sign + digits.replace(/^0+/, '');
}
