import type { Call } from './call.ts';
import { literal, type Notation } from './literal.ts';

const notation: Notation = { step: '  ', string: quoted, key: propertyName, other: String };

/** A TypeScript module that sends the call with an access token. */
export function typescriptWithAccessToken(call: Call): string {
  return typescript(call, {
    factory: 'accessToken',
    auth: 'accessToken(KOODRIVE_TOKEN)',
    variables: ['KOODRIVE_TOKEN'],
  });
}

/** A TypeScript module that signs the call with an app id and secret, and sends it. */
export function typescriptWithAppSignature(call: Call): string {
  return typescript(call, {
    factory: 'appSignature',
    auth: 'appSignature({ appId: KOODRIVE_APP_ID, appSecret: KOODRIVE_APP_SECRET })',
    variables: ['KOODRIVE_APP_ID', 'KOODRIVE_APP_SECRET'],
  });
}

interface Authentication {
  factory: string;
  auth: string;
  variables: string[];
}

function typescript(call: Call, { factory, auth, variables }: Authentication): string {
  const names = ['KOODRIVE_URL', 'KOODRIVE_USER_ID', ...variables];
  return `import { ${factory}, createBackupClient, unwrap } from '@koodrive-backup/client';

const {
${names.map((name) => `  ${name} = '',\n`).join('')}} = process.env;

const client = createBackupClient({
  baseUrl: KOODRIVE_URL,
  userId: KOODRIVE_USER_ID,
  auth: ${auth},
});

const data = await unwrap(
  client.${call.method}(${[quoted(call.path), ...init(call)].join(', ')}),
);
console.log(data);
`;
}

/** Returns the second argument of the client's call, if it has one. */
function init({ parameters, body }: Call): string[] {
  const params = Object.entries(parameters).filter(([, values]) => Object.keys(values).length > 0);
  const entries = {
    ...(params.length > 0 && { params: Object.fromEntries(params) }),
    ...(body !== undefined && { body }),
  };
  return Object.keys(entries).length === 0 ? [] : [literal(notation, entries, '  ')];
}

function propertyName(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : quoted(key);
}

/** Puts a text in single quotes, or in double quotes if it holds a single quote. */
function quoted(text: string): string {
  const json = JSON.stringify(text);
  return text.includes("'") ? json : `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}
