import type { Call, Scalar } from './call.ts';

/** What the shell puts in for a header that the client package would set. */
const setByClientValue: Record<string, string> = {
  'x-date': '$date',
  'x-user-id': '$KOODRIVE_USER_ID',
};

/** What the script stops without. The message says what is missing. */
const variables = {
  KOODRIVE_URL: 'the provider, as https://host',
  KOODRIVE_USER_ID: 'the id of the user',
  KOODRIVE_TOKEN: 'the access token, with no scheme in front',
};

/** A provider takes no date of its future, so a minute behind. BSD's date reads the time after -r, GNU's after -d. */
const date = `minute_ago=$(($(date +%s) - 60))
date=$(date -u -r "$minute_ago" +%Y%m%dT%H%M%SZ 2>/dev/null || date -u -d "@$minute_ago" +%Y%m%dT%H%M%SZ)`;

/** A POSIX shell script that sends the call with an access token. No comments: an interactive zsh would run them. */
export function curlWithAccessToken(call: Call): string {
  const lines = [
    ...Object.entries(variables).map(([name, meaning]) => `: "\${${name}:?${meaning}}"`),
    '',
    `url=\${KOODRIVE_URL%/}`,
    date,
    // By standard input, since other users of the machine can read a command's arguments.
    `printf 'Authorization: Bearer+%s' "$KOODRIVE_TOKEN" | ${curl(call)}`,
  ];
  // In parentheses, since a variable that is missing would end the shell that the sample is pasted into.
  return `(\n${lines.join('\n')}\n)\n`;
}

/** The command. It reads the credential's header from standard input. */
function curl(call: Call): string {
  const query = queryOf(call);
  const target = `"$url${doubleQuotable(pathOf(call))}${query && `?${query}`}"`;
  const hasBody = call.body !== undefined;
  const headers = [
    '@-',
    ...call.setByClient.map((name) => `"${name}: ${shellValue(name)}"`),
    ...Object.entries(call.parameters.header).map(([name, value]) => singleQuoted(`${name}: ${value}`)),
    ...(hasBody ? [singleQuoted('Content-Type: application/json')] : []),
  ];
  return [
    'curl --silent --show-error --fail-with-body',
    `--request ${call.method} ${target}`,
    ...headers.map((header) => `--header ${header}`),
    ...(hasBody ? [`--data ${singleQuoted(JSON.stringify(call.body, null, 2))}`] : []),
  ].join(' \\\n  ');
}

function shellValue(header: string): string {
  const value = setByClientValue[header.toLowerCase()];
  if (value === undefined) throw new Error(`No sample shows how ${header} is set`);
  return value;
}

function pathOf({ path, parameters }: Call): string {
  return path.replace(/\{(.+?)\}/g, (_, name: string) => {
    const value = parameters.path[name];
    if (value === undefined) throw new Error(`The contract describes no parameter ${name} of ${path}`);
    return percentEncoded(value);
  });
}

const queryOf = ({ parameters }: Call): string =>
  Object.entries(parameters.query)
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`)
    .join('&');

/** All but RFC 3986's unreserved characters: the apostrophe and the asterisk mean something to a shell. */
function percentEncoded(value: Scalar): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const singleQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const doubleQuotable = (text: string): string => text.replace(/[$`"\\]/g, '\\$&');
