/** A copy of a response that was read already, with its text to read again. */
export function copyOfResponse(
  response: Response,
  text: string,
  change: (value: string) => string = (value) => value,
): Response {
  const headers = new Headers();
  response.headers.forEach((value, name) => {
    // They are of the bytes that came, and the text is not encoded.
    if (name === 'content-encoding' || name === 'content-length') return;
    // A changed value may hold what no header can.
    headers.append(name, change(value).replace(/[^\t -~\u0080-\u00ff]/g, ' '));
  });
  // As bytes: a text would get a Content-Type if there is none.
  const copy = new Response(new TextEncoder().encode(text), { headers });
  // Not by the constructor: it refuses a status above 599, a text with some others, and a reason outside Latin-1.
  for (const name of ['status', 'statusText', 'ok', 'url'] as const) {
    const value = response[name];
    Object.defineProperty(copy, name, { value: typeof value === 'string' ? change(value) : value });
  }
  return copy;
}
