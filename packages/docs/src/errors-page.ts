import { readdirSync, readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { join } from 'node:path';
import { accessToken, createBackupClient, isBackupError, unwrap } from '@koodrive-backup/client';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { find, type Operation, readContract } from '@koodrive-backup/spec/contract';
import { type ListedOperation, operationsByTag } from './operations.ts';
import { badges, type Source } from './provenance.ts';

/** What the caller does about a status. The contract says only what a status means. */
const advice: Record<string, string> = {
  400: 'Correct what `msg` names: the same request is refused again. If the code is 13000309, this user has nothing with the id in the path.',
  401: 'Get a new token: one lasts 20 minutes. If the request is signed, check app id, secret, `X-User-Id` and the clock. If the client has a function for tokens, it asks once for a new token and sends the request again.',
  404: 'Check the address: the contract has no operation at this path.',
  405: 'Check the method: the contract has others at this path. The header `Allow` lists them.',
  409: 'If the lock is not live: take a new lock, then read again, because others may have written meanwhile. If the module is locked: wait until the lock is released or ten minutes have passed; `withBackupLock` waits with `waitMs`. If the record is to be deleted: create another.',
  413: 'Send a smaller body.',
  415: 'Send the body as `application/json`, in UTF-8.',
  429: 'Send fewer requests. The client waits as long as `Retry-After` asks, and sends the request again.',
  500: 'The request may have been carried out. The client sends a GET again by itself. Before you send anything else again, read what is there.',
  503: 'Send the request again later. If the answer has `Retry-After`, nothing was done, and the client sends the request again by itself. Otherwise the request may have been carried out.',
  default: 'Treat any other status as a refusal, and keep `requestId` for the support of the provider.',
};

interface ErrorCode {
  code: number;
  name: string;
  description: string;
}

/**
 * The page on errors, in Markdown: each status of a refusal, each published code, and each error of the client.
 *
 * @param contract The bundled contract.
 * @throws Error if the contract has a status that this page has no advice on.
 */
export async function errorsPage(contract: object): Promise<string> {
  const order = operationsByTag(contract).flatMap((tag) => tag.operations);
  const { operations } = readContract(contract);
  const named = new Set(operations.flatMap(({ responses }) => Object.keys(responses)).filter((key) => key !== '200'));
  for (const status of named) if (!advice[status]) throw new Error(`The errors page has no advice on ${status}`);
  const sections = await Promise.all(
    Object.keys(advice).map((status) => statusSection(contract, order, responsesWith(operations, status), status)),
  );
  return [intro, ...sections, codesSection(contract), ...clientSection()].join('\n\n');
}

const intro = `# Errors

A refusal is any answer whose \`code\` is not 0, whatever its HTTP status: it may come with status 200 too (E6). Judge by
\`code\` first. The client does, and throws a \`BackupApiError\` with \`status\`, \`code\` and \`msg\`. Below are the statuses, the
published codes, and every error of the client.`;

/** A response that operations share. */
interface Shared {
  ids: string[];
  examples: unknown[];
}

async function statusSection(
  contract: object,
  operations: ListedOperation[],
  responses: Map<string, Shared>,
  status: string,
): Promise<string> {
  const meanings = [...responses].map(([pointer, { ids }]) => {
    const where = operations.filter(({ id }) => ids.includes(id));
    return `- ${where.length === operations.length ? 'Every operation' : linksTo(where)}: ${meaning(contract, pointer)}`;
  });
  const examples = [...responses.values()].flatMap((response) => response.examples);
  const bodies = examples.length > 0 ? examples : [{ code: Number(status), msg: '' }];
  const thrown = await Promise.all(bodies.map((body) => thrownBy(Number(status) || 503, body)));
  const isInContract = responses.size > 0;
  return [
    `## ${heading(status)}`,
    ...(isInContract ? meanings : [`The contract does not name this status: ${badges({ ours: 'E6' })}`]),
    ...[...new Set(examples.map((example) => JSON.stringify(example)))].map((json) => `\`\`\`json\n${json}\n\`\`\``),
    `**The client throws** ${[...new Set(thrown)].join(' or ')}.`,
    `**What to do**: ${advice[status]}`,
  ].join('\n\n');
}

const heading = (status: string): string =>
  status === 'default' ? 'Any other status' : `${status} ${STATUS_CODES[status]}`;

/** Returns the responses of one status, by their place in the contract. */
function responsesWith(operations: Operation[], status: string): Map<string, Shared> {
  const found = new Map<string, Shared>();
  for (const { id, responses } of operations) {
    const response = responses[status];
    if (!response) continue;
    const { ids } = found.get(response.pointer) ?? { ids: [] };
    found.set(response.pointer, { ids: [...ids, id], examples: Object.values(response.examples) });
  }
  return found;
}

const linksTo = (operations: ListedOperation[]): string =>
  operations.map(({ id, fragment }) => `[${id}](index.html${fragment})`).join(', ');

function meaning(contract: object, pointer: string): string {
  const { description, 'x-source': source } = find(contract, pointer).value as Described;
  return `${description.trim().replaceAll(/\s*\n\s*/g, ' ')} ${source ? badges(source) : ''}`;
}

interface Described {
  description: string;
  'x-source'?: Source;
}

/** Returns what the client throws for an answer. */
async function thrownBy(status: number, body: unknown): Promise<string> {
  const client = createBackupClient({
    baseUrl: 'https://provider.example',
    userId: '7',
    auth: accessToken('token'),
    retry: { limit: 0 },
    fetch: async () => Response.json(body, { status }),
  });
  const error = await unwrap(client.GET('/koodrive/ose/v1/backup/device')).catch((thrown: unknown) => thrown);
  if (!isBackupError(error)) throw new Error(`The client takes ${status} with ${JSON.stringify(body)} for a success`);
  return error.name === 'BackupApiError' ? `\`${error.name}\` with \`code\` ${error.code}` : `\`${error.name}\``;
}

function codesSection(contract: object): string {
  const pointer = '/components/schemas/ErrorResponse/properties/code';
  const { 'x-error-codes': codes } = find(contract, pointer).value as { 'x-error-codes': ErrorCode[] };
  const rows = codes.map(({ code, name, description }) => `| \`${code}\` | \`${name}\` | ${description} |`);
  return `## Codes

The codes that the vendor publishes in its plain reference, with status 400 if it names one. \`errorCodes\` of the client has
them by these names. If none fits, a provider may answer with the HTTP status as \`code\` (E6). Most are about files and
spaces, which this contract does not have.

| Code | Name | Meaning |
|---|---|---|
${rows.join('\n')}`;
}

/** Each error class of the client, in the words of its own documentation. */
function clientSection(): string[] {
  const folder = join(rootDir, 'packages', 'client', 'src', 'errors');
  const files = readdirSync(folder).filter((name) => /^backup-.*-error\.ts$/.test(name));
  const rows = files.map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const [, comment, error] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport class (\w+)/.exec(text) ?? [];
    if (!comment || !error) throw new Error(`${name} documents no class`);
    const fields = [...text.matchAll(/^ {2}declare readonly (\w+)/gm)].map(([, field]) => `\`${field}\``);
    return `| \`${error}\` | ${prose(comment)} | ${fields.join(', ')} |`;
  });
  return [
    '## What the client throws',
    'A call throws one of these, or the reason of your own abort. `isBackupError` tells them from other errors, and `name` tells which one it is.',
    ['| Error | When | Its fields |', '|---|---|---|', ...rows].join('\n'),
  ];
}

/** Returns a comment as one line without its asterisks. Escapes pipes, which would end the cell of a table. */
const prose = (comment: string): string =>
  comment
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll('|', '\\|');
