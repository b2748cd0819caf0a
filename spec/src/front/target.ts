/** What a request is for. */
export interface Target {
  /** As it was sent, without the query. */
  path: string;
  /** The segments of the path, percent-decoded. */
  segments: string[];
  query: URLSearchParams;
}

const noQuery = new URLSearchParams();

/**
 * Reads the target of a request: a path, with a query or without. A proxy may send it as a whole URL, and `*` stands for
 * the server itself (RFC 9112, section 3.2).
 *
 * @returns `undefined` if the target has another form, a fragment, or a path that is not percent-encoded in UTF-8.
 */
export function readTarget(target: string): Target | undefined {
  const [, path, query] = /^(?:https?:\/\/[^/?#]*)?(\/[^?#]*|\*|)(\?[^#]*)?$/i.exec(target) ?? [];
  if (path === undefined) return undefined;
  try {
    const written = path.split('/');
    const segments = path.includes('%') ? written.map(decodeURIComponent) : written;
    return { path, segments, query: query === undefined ? noQuery : new URLSearchParams(query) };
  } catch {
    return undefined;
  }
}
