import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { specDir } from '@koodrive-backup/lib/workspace';
import { find, type Operation, pointerTo, readContract } from '@koodrive-backup/spec/contract';
import openapiTypeScript, { astToString, type OpenAPI3 } from 'openapi-typescript';

const generator = createRequire(import.meta.url)('openapi-typescript/package.json') as { version: string };

/**
 * Every checked-in file that is derived from the contract.
 *
 * @returns The content of each, by its path from the root of the repository.
 */
export async function generatedFiles(): Promise<Map<string, string>> {
  const bundle = readFileSync(join(specDir, 'dist', 'openapi.json'), 'utf8');
  const contract = JSON.parse(bundle) as Contract;
  const { operations } = readContract(contract);
  const stamp = [
    '// Generated from the contract by `pnpm generate`. Do not edit.',
    `// contract: ${contract.info.version}`,
    `// sha256 of the bundle: ${createHash('sha256').update(bundle).digest('hex')}`,
    '',
  ].join('\n');
  const types = `${stamp}${await schemaTypes(contract)}`;
  return new Map([
    ['packages/client/src/schema.gen.ts', types],
    ['packages/server/src/schema.gen.ts', types],
    ['packages/client/src/error-codes.gen.ts', `${stamp}${errorCodes(contract)}`],
    ['packages/client/src/operations.gen.ts', `${stamp}${operationsByMethod(operations)}`],
    ['packages/client/src/lists.gen.ts', `${stamp}${lists(operations)}`],
    ['packages/client/src/lock-lifetime.gen.ts', `${stamp}${lockLifetime(contract)}`],
  ]);
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

async function schemaTypes(contract: Contract): Promise<string> {
  const ast = await openapiTypeScript(withoutClientParameters(contract));
  return `// openapi-typescript: ${generator.version}\n\n${astToString(ast)}`;
}

/** What the client sets itself is no parameter of its caller. */
function withoutClientParameters(contract: Contract): Contract {
  const copy = structuredClone(contract);
  const paths = Object.keys(contract.paths ?? {}).map((path) => pointerTo('paths', path));
  const operations = readContract(contract).operations.map(({ pointer }) => pointer);
  for (const pointer of [...paths, ...operations]) {
    const holder = find(copy, pointer).value as { parameters?: object[] };
    if (!holder.parameters) continue;
    holder.parameters = holder.parameters.filter((_, i) => !isSetByClient(contract, `${pointer}/parameters/${i}`));
  }
  const { parameters = {} } = copy.components;
  for (const name of Object.keys(parameters)) {
    if (isSetByClient(contract, pointerTo('components', 'parameters', name))) delete parameters[name];
  }
  return copy;
}

const isSetByClient = (contract: object, pointer: string): boolean =>
  (find(contract, pointer).value as { 'x-set-by-client'?: boolean })['x-set-by-client'] === true;

function errorCodes(contract: Contract): string {
  const codes = contract.components.schemas.ErrorResponse.properties.code['x-error-codes'];
  const members = codes.map(({ code, name, description }) => `  /** ${description} */\n  ${name}: ${code},\n`);
  return `
/**
 * The codes of refusals that the vendor publishes. Most are about files and spaces. A provider may answer with others.
 */
export const errorCodes = {
${members.join('')}} as const;
`;
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
