import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { rootDir, specDir } from '@koodrive-backup/lib/workspace';
import { withSection } from '@koodrive-backup/lib/write-section';
import { find, type Operation, readContract } from '@koodrive-backup/spec/contract';
import openapiTypeScript, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { optionsTable } from '../../packages/server/src/usage.ts';

const generator = createRequire(import.meta.url)('openapi-typescript/package.json') as { version: string };

/**
 * Every checked-in file that is derived from the contract, or from the server's options.
 *
 * @returns The content of each, by its path from the root of the repository.
 */
export async function generatedFiles(): Promise<Map<string, string>> {
  const bundle = readFileSync(join(specDir, 'dist', 'openapi.json'), 'utf8');
  const contract = JSON.parse(bundle) as Contract;
  const { operations } = readContract(contract);
  const types = await schemaTypes();
  const contents = {
    'packages/client/src/schema.gen.ts': types,
    'packages/server/src/schema.gen.ts': types,
    'packages/client/src/error-codes.gen.ts': errorCodes(contract),
    'packages/client/src/operations.gen.ts': operationsByMethod(operations),
    'packages/client/src/calls.gen.ts': calls(contract, operations),
    'packages/client/src/lists.gen.ts': lists(operations),
    'packages/client/src/version.gen.ts': clientVersion(),
    'packages/client/src/lock-lifetime.gen.ts': lockLifetime(contract),
  };
  const stamped = Object.entries(contents).map(([path, text]): [string, string] => [
    path,
    `${stamp(contract, text)}${text}`,
  ]);
  return new Map([...stamped, ['packages/server/README.md', serverReadme()]]);
}

/** The README of the server, with the table of its options. */
function serverReadme(): string {
  const file = join(rootDir, 'packages', 'server', 'README.md');
  return withSection(readFileSync(file, 'utf8'), 'options', optionsTable());
}

/** The hash is of the text, not of the bundle: a change of the contract leaves the files alone that it does not reach. */
function stamp({ info }: Contract, text: string): string {
  return [
    '// Generated from the contract by `pnpm generate`. Do not edit.',
    `// contract: ${info.version}`,
    `// sha256 of what follows: ${createHash('sha256').update(text).digest('hex')}`,
    '',
  ].join('\n');
}

interface ErrorCode {
  code: number;
  name: string;
  description: string;
}

type Contract = OpenAPI3 & {
  components: {
    schemas: {
      ErrorResponse: { properties: { code: { 'x-error-codes': ErrorCode[] } } };
      LockInfo: { 'x-lifetime-seconds': number };
    };
  };
};

/** What the client sets itself is no parameter of its caller, so the types are of the contract without it. */
async function schemaTypes(): Promise<string> {
  const unsigned = JSON.parse(readFileSync(join(specDir, 'dist', 'openapi-unsigned.json'), 'utf8')) as OpenAPI3;
  return `// openapi-typescript: ${generator.version}\n\n${astToString(await openapiTypeScript(unsigned))}`;
}

function errorCodes(contract: Contract): string {
  const codes = contract.components.schemas.ErrorResponse.properties.code['x-error-codes'];
  const members = codes.map(({ code, name, description }) => `  /** ${description} */\n  ${name}: ${code},\n`);
  return `
/**
 * The codes of refusals that the vendor publishes. Most are about files and spaces. A provider may answer with others.
 */
export const errorCodes = {
${members.join('')}} as const;

/** The same, as the first and the last of those that follow each other: fewer bytes for who needs no names. */
export const publishedCodes: readonly (readonly [first: number, last: number])[] = [
${rangesOf(codes.map(({ code }) => code))
  .map(([first, last]) => `  [${first}, ${last}],\n`)
  .join('')}];
`;
}

function rangesOf(codes: number[]): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (const code of codes.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range?.[1] === code - 1) range[1] = code;
    else ranges.push([code, code]);
  }
  return ranges;
}

/** What the client has to know of an operation when it runs. By method first: of all forms, it bundles the smallest. */
function operationsByMethod(operations: Operation[]): string {
  const methods = [...new Set(operations.map(({ method }) => method))];
  const members = methods.map((method) => {
    const paths = operations
      .filter((operation) => operation.method === method)
      .map(({ id, path, responses }) => {
        const hasData = responses['200']?.schema.required?.includes('data');
        return `    '${path}': ['${id}'${hasData ? ', true' : ''}],\n`;
      });
    return `  ${method}: {\n${paths.join('')}  },\n`;
  });
  return `
/** The operationId of each operation, and whether its success has data, by method and path. */
export const operationsByMethod: Record<string, Record<string, readonly [operationId: string, hasData?: true]>> = {
${members.join('')}};

/** What the contract asks of parameters in path and header that the caller types, by name. */
export const parameterPatterns: Partial<Record<string, RegExp>> = {
${patternsOf(operations)}};
`;
}

function patternsOf(operations: Operation[]): string {
  const typed = operations.flatMap(({ parameters }) => parameters.filter(({ isSetByClient }) => !isSetByClient));
  const patterns = new Map<string, string>();
  for (const { in: place, name, schema } of typed) {
    if (place === 'query' || schema.pattern === undefined) continue;
    const regExp = new RegExp(schema.pattern, 'u').toString();
    if ((patterns.get(name) ?? regExp) !== regExp) throw new Error(`${name} has two patterns`);
    patterns.set(name, regExp);
  }
  return [...patterns].map(([name, regExp]) => `  '${name}': ${regExp},\n`).join('');
}

function clientVersion(): string {
  const { version } = JSON.parse(readFileSync(join(rootDir, 'packages', 'client', 'package.json'), 'utf8')) as {
    version: string;
  };
  return `
/** The version of the client. */
export const clientVersion = '${version}';
`;
}

/** A signature for each operation, because an editor shows the documentation of the signature that a call takes. */
function calls(contract: Contract, operations: Operation[]): string {
  const methods = [...new Set(operations.map(({ method }) => method))];
  const members = methods.map((method) => {
    const ofMethod = operations.filter((operation) => operation.method === method);
    const signatures = ofMethod.map(({ path, pointer }) => {
      const { summary, description } = find(contract, pointer).value as { summary: string; description: string };
      const lines = `${summary}.\n\n${description.trim()}`.split('\n').map((line) => `     * ${line}`.trimEnd());
      const at = `'${method.toLowerCase()}', '${path}'`;
      return `    /**\n${lines.join('\n')}\n     */\n    (...call: CallArguments<${at}>): CallResult<${at}>;\n`;
    });
    return `  ${method}: {\n${signatures.join('')}  } & CallOf<'${method.toLowerCase()}'>;\n`;
  });
  return `
import type { CallArguments, CallOf, CallResult } from './client.ts';

/** The calls of a client, by method. */
export interface Calls {
${members.join('')}}
`;
}

/** What the contract says of its lists, for those who iterate over them. */
function lists(operations: Operation[]): string {
  const members = operations.flatMap(({ id, path, method, pagination }) => {
    if (!pagination) return [];
    if (method !== 'GET') throw new Error(`${id} has x-pagination, and is no GET`);
    const fields = Object.entries(pagination).map(([name, value]) => `${name}: '${value}'`);
    return [`  '${path}': { ${fields.join(', ')} },\n`];
  });
  return `
/** The lists of the contract, by path: the query parameter of a page, and where its answer has the next one and the items. */
export const lists = {
${members.join('')}} as const;
`;
}

function lockLifetime(contract: Contract): string {
  return `
/** How long a lock lasts, in milliseconds, from when it was taken or renewed. */
export const lockLifetimeMs = ${contract.components.schemas.LockInfo['x-lifetime-seconds'] * 1000};
`;
}
