/** @throws TypeError with the message, unless the condition holds. */
export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new TypeError(message);
}

/**
 * A header value, or a part of one, that must not be shown: checked here, because `fetch` prints what it refuses.
 *
 * @throws TypeError when it is not visible ASCII (RFC 9110, section 5.5).
 */
export function headerValue(name: string, value: string): string {
  check(typeof value === 'string' && /^[!-~]+$/.test(value), `${name} must be visible ASCII without spaces, not empty`);
  return value;
}

/**
 * A whole header value, checked for the same reason.
 *
 * @throws TypeError if it is no text, empty, or holds what no header can (RFC 9110, section 5.5).
 */
export function headerText(name: string, value: unknown): string {
  check(typeof value === 'string' && /^[\t -~\u0080-\u00ff]+$/.test(value), `${name} cannot stand in a header`);
  return value;
}
