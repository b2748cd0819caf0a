const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
const digitZero = 0x30;
const digitNine = 0x39;

// A number with fewer digits is always exact, because 2^53 has 16.
const fewestInexactDigits = 16;

// A number in JSON's grammar (RFC 8259, section 6).
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * Rewrites a JSON text so that no parser rounds its integers: a number beyond ±(2^53 - 1) becomes the string of its
 * exact digits. It works on the text, because the reviver of `JSON.parse` sees the source of a number only on newer
 * runtimes. A number beyond that range becomes a string as it is written if it is not an integer, or if its exponent is
 * negative or has more than three digits.
 *
 * The time is in proportion to the length of the text, whatever the text contains.
 */
export function exactJson(text: string): string {
  if (!mayHaveInexact(text)) return text;
  let exact = '';
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
    } else if (code === minus || isDigit(code)) {
      const end = endOfNumber(text, at);
      const source = text.slice(at, end);
      if (isInexact(source)) {
        exact += `${text.slice(copied, at)}"${digitsOf(source)}"`;
        copied = end;
      }
      at = end - 1;
    }
  }
  return copied === 0 ? text : exact + text.slice(copied);
}

/** Whether the text may contain a number that a double would round. This check is much faster than the rewriting. */
function mayHaveInexact(text: string): boolean {
  if (/\d[eE]/.test(text)) return true;
  // A run of this many digits always covers one of these positions.
  for (let at = fewestInexactDigits - 1; at < text.length; at += fewestInexactDigits) {
    let end = at;
    while (isDigit(text.charCodeAt(end))) end += 1;
    let start = at;
    while (isDigit(text.charCodeAt(start - 1))) start -= 1;
    if (end - start >= fewestInexactDigits) return true;
  }
  return false;
}

const isDigit = (code: number): boolean => code >= digitZero && code <= digitNine;

/** The index of the quote that ends a string; the length of the text if no quote ends it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

/** The index after the last of the characters that a number may contain. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (isOfNumber(text.charCodeAt(end))) end += 1;
  return end;
}

/** Whether a character is one of `0` to `9`, `.`, `+`, `-`, `e`, `E`. */
const isOfNumber = (code: number): boolean =>
  isDigit(code) || code === 0x2e || code === 0x2b || code === minus || code === 0x65 || code === 0x45;

function isInexact(source: string): boolean {
  if (source.length < fewestInexactDigits && !/e/i.test(source)) return false;
  return jsonNumber.test(source) && Math.abs(Number(source)) > Number.MAX_SAFE_INTEGER;
}

const plainInteger = /^-?\d+$/;

const digitsInParts = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d*[1-9])?0*)?(?:[eE]\+?(?<exponent>\d{1,3}))?$/;

/** The digits of an integer, without point and exponent; the unchanged source if it is not an integer, or too long. */
function digitsOf(source: string): string {
  if (plainInteger.test(source)) return source;
  const { sign = '', whole = '', fraction = '', exponent = '0' } = digitsInParts.exec(source)?.groups ?? {};
  const zeros = Number(exponent);
  if (whole === '' || fraction.length > zeros) return source;
  const digits = whole + fraction.padEnd(zeros, '0');
  return sign + digits.replace(/^0+/, '');
}
