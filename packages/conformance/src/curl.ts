import { pathOf, queryOf } from './call.ts';
import type { Exchange } from './session.ts';

/** The most of a body that is printed, in characters. */
const maxBody = 2000;

/** A curl command that sends a request again. In place of a credential it has a variable of the shell. */
export function curlOf({ request: { method, headers, body }, call }: Exchange, baseUrl: URL): string {
  const url = `${baseUrl.origin}${baseUrl.pathname.replace(/\/$/, '')}${pathOf(call)}${queryOf(call)}`;
  const options = headers.map(([name, value]) => `--header ${header(name, value)}`);
  return [`curl --request ${method} ${quoted(url)}`, ...options, ...bodyOptions(body)].join(' ');
}

function header(name: string, value: string): string {
  // curl sends an empty header where its name ends in a semicolon.
  if (value === '') return quoted(`${name};`);
  return name === 'Authorization' ? '"Authorization: $AUTHORIZATION"' : quoted(`${name}: ${value}`);
}

function bodyOptions(body: Buffer | undefined): string[] {
  if (!body) return [];
  const text = body.toString();
  if (!Buffer.from(text).equals(body) || text.includes('\0')) {
    return [`--data-binary "$(printf %s ${body.subarray(0, maxBody).toString('base64')} | base64 --decode)"`];
  }
  if (text.length <= maxBody) return [`--data-binary ${quoted(text)}`];
  return [`--data-binary ${quoted(text.slice(0, maxBody))} # and ${text.length - maxBody} characters more`];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
