/** The message of whatever was thrown. Node's `fetch` says only "fetch failed", and puts the reason into the cause. */
export function messageOf(thrown: unknown): string {
  const { message, cause } = Object(thrown) as { message?: unknown; cause?: unknown };
  if (typeof cause === 'object' && cause !== null && 'message' in cause) return messageOf(cause);
  if (typeof message === 'string') return message;
  return typeof thrown === 'string' ? thrown : typeof thrown;
}
