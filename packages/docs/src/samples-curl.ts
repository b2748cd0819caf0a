import type { Call, Scalar } from './call.ts';

/** What the shell puts in for a header that the client package would set. */
const setByClientValue: Record<string, string> = {
  'x-date': '$date',
  'x-user-id': '$KOODRIVE_USER_ID',
};

/** A provider takes no date of its future, so a minute behind. BSD's date reads the time after -r, GNU's after -d. */
const date = `minute_ago=$(($(date +%s) - 60))
date=$(date -u -r "$minute_ago" +%Y%m%dT%H%M%SZ 2>/dev/null || date -u -d "@$minute_ago" +%Y%m%dT%H%M%SZ)`;

const url = `url=\${KOODRIVE_URL%/}`;

/** A POSIX shell script that sends the call with an access token. */
export function curlWithAccessToken(call: Call): string {
  const body = call.body === undefined ? [] : ['--data', singleQuoted(toJson(call.body))];
  return subshell(
    needs({ KOODRIVE_TOKEN: 'the access token, with no scheme in front' }),
    '',
    url,
    date,
    // By standard input, since other users of the machine can read a command's arguments.
    `printf 'Authorization: Bearer+%s' "$KOODRIVE_TOKEN" | ${curl(call, '@-', body.join(' '))}`,
  );
}

/** A POSIX shell script that signs the call with openssl, step by step as the errata have it, and sends it. */
export function curlWithAppSignature(call: Call): string {
  const values = { host: '$host', ...Object.fromEntries(call.setByClient.map((name) => [name, shellValue(name)])) };
  const signed = Object.entries(values)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const hasBody = call.body !== undefined;
  const headers = [
    '"Authorization: HMAC-SHA256 AppId=$KOODRIVE_APP_ID,SignedHeaders=$signed,Signature=$signature"',
    '"Host: $host"',
  ];
  return subshell(
    needs({
      KOODRIVE_APP_ID: 'the app id',
      KOODRIVE_APP_SECRET: 'the app secret; while openssl runs, ps shows it to all users of this machine',
    }),
    '',
    url,
    `host=\${url#*://}`,
    date,
    `body=${hasBody ? singleQuoted(toJson(call.body)) : ''}`,
    `signed='${signed.map(([name]) => name).join(';')}'`,
    `sha256() { openssl dgst -sha256 "$@" | sed 's/.* //'; }`,
    '',
    `canonical=$(printf '%s\\n' ${call.method} ${singleQuoted(canonicalPath(call))} ${singleQuoted(queryOf(call))} \\`,
    `  ${signed.map(([name, value]) => `"${name}:${value}"`).join(' ')} '' \\`,
    `  "$signed" "$(printf '%s' "$body" | sha256)")`,
    `hash=$(printf '%s' "$canonical" | sha256)`,
    `signature=$(printf 'HMAC-SHA256\\n%s' "$hash" | sha256 -hmac "$KOODRIVE_APP_SECRET")`,
    '',
    curl(call, headers.join(' \\\n  --header '), hasBody ? '--data "$body"' : ''),
  );
}

/** In parentheses, since a variable that is missing would end the shell that the sample is pasted into. */
const subshell = (...parts: string[]): string => `(\n${parts.join('\n')}\n)\n`;

/** Stops the script with a message that says what is missing. No comments: an interactive zsh would run them. */
function needs(credential: Record<string, string>): string {
  const variables = {
    KOODRIVE_URL: 'the provider, as https://host',
    KOODRIVE_USER_ID: 'the id of the user',
    ...credential,
  };
  return Object.entries(variables)
    .map(([name, meaning]) => `: "\${${name}:?${meaning}}"`)
    .join('\n');
}

function curl(call: Call, authorization: string, data: string): string {
  const query = queryOf(call);
  const target = `"$url${doubleQuotable(pathOf(call))}${query && `?${query}`}"`;
  const headers = [
    authorization,
    ...call.setByClient.map((name) => `"${name}: ${shellValue(name)}"`),
    ...Object.entries(call.parameters.header).map(([name, value]) => singleQuoted(`${name}: ${value}`)),
    ...(call.body === undefined ? [] : [singleQuoted('Content-Type: application/json')]),
  ];
  return [
    'curl --silent --show-error --fail-with-body',
    `--request ${call.method} ${target}`,
    ...headers.map((header) => `--header ${header}`),
    ...(data === '' ? [] : [data]),
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

/** Encoded anew whatever the template spells, with a slash at the end. */
function canonicalPath(call: Call): string {
  const segments = pathOf(call).split('/').filter(Boolean);
  return `/${segments.map((segment) => `${percentEncoded(decodeURIComponent(segment))}/`).join('')}`;
}

/** Sent in its canonical form too, so that one text serves the URL and the signature. */
function queryOf({ parameters }: Call): string {
  return Object.entries(parameters.query)
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`)
    .sort()
    .join('&');
}

/** All but RFC 3986's unreserved characters. */
function percentEncoded(value: Scalar): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const toJson = (value: unknown): string => JSON.stringify(value, null, 2);

const singleQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const doubleQuotable = (text: string): string => text.replace(/[$`"\\]/g, '\\$&');
