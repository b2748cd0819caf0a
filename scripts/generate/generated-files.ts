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
 * Generates every checked-in file, and every section of one, that is derived from the contract, the server's options or
 * the client's version.
 *
 * @returns The content of each file, by its path relative to the root of the repository.
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
  return new Map([
    ...stamped,
    readme('server', { options: optionsTable() }),
    readme('client', { operations: operationsTable(contract, operations), values: valuesTable(contract) }),
  ]);
}

/** Returns the path of a package's README, and its text with new sections. */
function readme(name: string, sections: Record<string, string>): [path: string, text: string] {
  const path = `packages/${name}/README.md`;
  const current = readFileSync(join(rootDir, path), 'utf8');
  return [
    path,
    Object.entries(sections).reduce((text, [section, table]) => withSection(text, section, table), current),
  ];
}

function operationsTable(contract: Contract, operations: Operation[]): string {
  const rows = operations.map(({ id, method, path, pointer }) => {
    const { summary } = find(contract, pointer).value as { summary: string };
    return `| ${summary} | \`${method} ${path}\` | \`${id}\` |`;
  });
  return ['| To | Call | operationId |', '|---|---|---|', ...rows].join('\n');
}

/** Generates a table of the values that have a meaning of their own. */
function valuesTable({ components }: Contract): string {
  const rows = describedEnums(components.schemas).map(({ name, meanings }) => {
    const values = Object.entries(meanings).map(([value, meaning]) => `\`${value}\` ${meaning.replace(/\.$/, '')}`);
    return `| \`${name}\` | ${values.join('; ')} |`;
  });
  return ['| Field | Values |', '|---|---|', ...rows].join('\n');
}

interface DescribedEnum {
  name: string;
  meanings: Record<string, string>;
}

/** Lists the schemas whose `x-enumDescriptions` say what their values mean, and the names of their fields. */
function describedEnums(schemas: object, found: DescribedEnum[] = []): DescribedEnum[] {
  for (const [name, schema] of Object.entries(schemas) as [string, object | null][]) {
    if (typeof schema !== 'object' || schema === null) continue;
    const { 'x-enumDescriptions': meanings } = schema as { 'x-enumDescriptions'?: Record<string, string> };
    if (meanings) found.push({ name: name.replace(/^[A-Z]/, (first) => first.toLowerCase()), meanings });
    describedEnums(schema, found);
  }
  return found;
}

/**
 * Returns the first lines of a generated file. The hash covers the text and not the contract, so that a change of the
 * contract changes only the files that it affects.
 */
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

/** Generates the types from the unsigned variant: a caller does not pass the headers that the client sets itself. */
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

/** The same codes as ranges of consecutive codes: fewer bytes for code that needs no names. */
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

/** Generates the data that the client needs at run time. Grouped by method, because that form has the fewest bytes. */
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

/** The patterns of the path and header parameters that a caller passes, by name. */
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
    if ((patterns.get(name) ?? regExp) !== regExp)
      throw new Error(`the contract has two patterns for ${name}, but the client has one pattern for each name`);
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

/** Generates a signature for each operation, because an editor shows the documentation of the signature of a call. */
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

/** Generates the data that iterating over the contract's lists needs. */
function lists(operations: Operation[]): string {
  const members = operations.flatMap(({ id, path, method, pagination }) => {
    if (!pagination) return [];
    if (method !== 'GET') throw new Error(`${id} has x-pagination but is not a GET: the client pages only GET`);
    const fields = Object.entries(pagination).map(([name, value]) => `${name}: '${value}'`);
    return [`  '${path}': { ${fields.join(', ')} },\n`];
  });
  return `
/**
 * The lists of the contract, by path: the query parameter that selects a page, and the fields of the answer that have the
 * next page's cursor and the items.
 */
export const lists = {
${members.join('')}} as const;
`;
}

function lockLifetime(contract: Contract): string {
  return `
/** The lifetime of a lock in milliseconds, from when it was created or renewed. */
export const lockLifetimeMs = ${contract.components.schemas.LockInfo['x-lifetime-seconds'] * 1000};
`;
}
