// More causes than any real error has. The limit ends the loop, because an error can be a cause of itself.
const mostCauses = 10;

/** Returns what was thrown, then its cause, then the cause of that, and so on. */
export function causesOf(thrown: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let cause = thrown; cause !== undefined && causes.length < mostCauses; cause = Object(cause).cause) {
    causes.push(cause);
  }
  return causes;
}

/** The message of the innermost cause: Node's `fetch` says only "fetch failed", and puts the reason into the cause. */
export function messageOf(thrown: unknown): string {
  const messages = causesOf(thrown).map((cause) => (typeof cause === 'string' ? cause : Object(cause).message));
  const last = messages.findLast((message) => typeof message === 'string');
  return last ?? typeof thrown;
}
