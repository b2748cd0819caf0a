// More than any error has. An error can be a cause of itself.
const mostCauses = 10;

/** What was thrown, then its cause, and the cause of that. */
export function causesOf(thrown: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let cause = thrown; cause !== undefined && causes.length < mostCauses; cause = Object(cause).cause) {
    causes.push(cause);
  }
  return causes;
}

/** The message of whatever was thrown. Node's `fetch` says only "fetch failed", and puts the reason into the cause. */
export function messageOf(thrown: unknown): string {
  const messages = causesOf(thrown).map((cause) => (typeof cause === 'string' ? cause : Object(cause).message));
  const last = messages.findLast((message) => typeof message === 'string');
  return last ?? typeof thrown;
}
