import { type Call, setByClientIn, targetOf } from './call.ts';

const setByClientValues: Record<string, string> = {
  'x-date': '$(date -u +%Y%m%dT%H%M%SZ)',
  'x-user-id': '$KOODRIVE_USER_ID',
};

/** A command for a POSIX shell that sends the call with an access token. It needs curl 7.82 or later for `--json`. */
export function curlWithAccessToken(call: Call): string {
  const isImplied = call.method === (call.body === undefined ? 'GET' : 'POST');
  const request = isImplied ? '' : `--request ${call.method} `;
  const headers = [
    '"Authorization: Bearer+$KOODRIVE_TOKEN"',
    ...setByClientIn(call, setByClientValues).map(([name, value]) => `"${name}: ${value}"`),
    ...headersOf(call),
  ];
  return command([
    `curl ${request}"$KOODRIVE_URL${doubleQuotable(targetOf(call))}"`,
    ...headers.map((header) => `--header ${header}`),
    ...(call.body === undefined ? [] : [`--json ${singleQuoted(JSON.stringify(call.body))}`]),
  ]);
}

/** A command that signs the call and sends it with `signed-curl.sh`, the script on the page on signing. */
export function curlWithAppSignature(call: Call): string {
  const headers = headersOf(call);
  const body = call.body === undefined ? '' : JSON.stringify(call.body);
  return command([
    `sh signed-curl.sh ${call.method} ${singleQuoted(targetOf(call))}`,
    ...(body !== '' || headers.length > 0 ? [singleQuoted(body)] : []),
    ...headers.map((header) => `--header ${header}`),
  ]);
}

const command = (lines: string[]): string => `${lines.join(' \\\n  ')}\n`;

/** The headers that the caller chooses. */
const headersOf = ({ parameters }: Call): string[] =>
  Object.entries(parameters.header).map(([name, value]) => singleQuoted(`${name}: ${value}`));

const singleQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const doubleQuotable = (text: string): string => text.replace(/[$`"\\]/g, '\\$&');
