/** @throws TypeError with the message, if the condition is falsy. */
export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new TypeError(message);
}

/**
 * Checks a header value, or a part of one, that must not be shown. This check comes before that of `fetch`, whose error
 * prints the value.
 *
 * @throws TypeError if the value is not a string of visible ASCII (RFC 9110, section 5.5), or is empty.
 */
export function headerValue(name: string, value: string): string {
  check(
    typeof value === 'string' && /^[!-~]+$/.test(value),
    `${name} must be a non-empty string of visible ASCII without spaces`,
  );
  return value;
}

/**
 * Checks a complete header value, for the same reason as {@link headerValue}.
 *
 * @throws TypeError if the value is not a string, is empty, or has a character that no header allows (RFC 9110, section
 *   5.5).
 */
export function headerText(name: string, value: unknown): string {
  check(typeof value === 'string' && /^[\t -~\u0080-\u00ff]+$/.test(value), `${name} is not a valid header value`);
  return value;
}
