/** The target of a request. */
export interface Target {
  /** The path as it was sent, without the query. */
  path: string;
  /** The segments of the path, percent-decoded. */
  segments: string[];
  query: URLSearchParams;
}

const noQuery = new URLSearchParams();

/**
 * Reads the target of a request: a path, with or without a query. A proxy may send a whole URL, and `*` means the
 * server itself (RFC 9112, section 3.2).
 *
 * @returns The target; or a message if the target has another form, has a fragment, or is not percent-encoded in UTF-8.
 */
export function readTarget(target: string): Target | string {
  const [, path, query = ''] = /^(?:https?:\/\/[^/?#]*)?(\/[^?#]*|\*|)(\?[^#]*)?$/i.exec(target) ?? [];
  if (path === undefined || !isEncoded(path)) return 'path must be a path, percent-encoded in UTF-8';
  // Check the query here, because URLSearchParams would silently keep or replace the parts that it cannot decode.
  if (!isEncoded(query)) return 'query must be percent-encoded in UTF-8';
  const written = path.split('/');
  const segments = path.includes('%') ? written.map(decodeURIComponent) : written;
  return { path, segments, query: query === '' ? noQuery : new URLSearchParams(query) };
}

function isEncoded(text: string): boolean {
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
