/**
 * Copies a response whose body was already read.
 *
 * @param text The body of the copy.
 * @param change Applied to each header value, the reason phrase and the URL; by default it changes nothing.
 */
export function copyOfResponse(
  response: Response,
  text: string,
  change: (value: string) => string = (value) => value,
): Response {
  const headers = new Headers();
  response.headers.forEach((value, name) => {
    // These two describe the bytes that were received. The text is decoded.
    if (name === 'content-encoding' || name === 'content-length') return;
    // A changed value may contain characters that no header allows.
    headers.append(name, change(value).replace(/[^\t -~\u0080-\u00ff]/g, ' '));
  });
  // Bytes, because a text without a Content-Type would get one.
  const copy = new Response(new TextEncoder().encode(text), { headers });
  // Not through the constructor, because it refuses a status above 599, a body with some statuses such as 204, and a
  // reason phrase outside Latin-1.
  for (const name of ['status', 'statusText', 'ok', 'url'] as const) {
    const value = response[name];
    Object.defineProperty(copy, name, { value: typeof value === 'string' ? change(value) : value });
  }
  return copy;
}
