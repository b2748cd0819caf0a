/** @throws TypeError with the message, unless the condition holds. */
export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new TypeError(message);
}

/**
 * A header value that must not be shown: checked here, because `fetch` prints what it refuses.
 *
 * @throws TypeError when it is not visible ASCII, spaces inside allowed (RFC 9110, section 5.5).
 */
export function headerValue(name: string, value: string): string {
  check(
    typeof value === 'string' && /^[!-~]([ -~]*[!-~])?$/.test(value),
    `${name} must be a string of visible ASCII, and not empty`,
  );
  return value;
}
