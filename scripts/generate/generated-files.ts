import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { specDir } from '@koodrive-backup/lib/workspace';
import { type OpenapiDocument, type Operation, operationsOf, resolve } from '@koodrive-backup/spec/openapi-document';
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
    ['packages/client/src/operations.gen.ts', `${stamp}${operations(JSON.parse(bundle))}`],
    ['packages/client/src/lists.gen.ts', `${stamp}${lists(JSON.parse(bundle))}`],
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
  const references = new Set<string>();
  for (const [name, parameter] of Object.entries(copy.components.parameters ?? {})) {
    if (!isSetByClient(parameter)) continue;
    references.add(`#/components/parameters/${name}`);
    delete copy.components.parameters?.[name];
  }
  const isDropped = (parameter: object): boolean =>
    isSetByClient(parameter) || ('$ref' in parameter && references.has(String(parameter.$ref)));
  dropParameters(copy.paths, isDropped);
  return copy;
}

const isSetByClient = (parameter: object): boolean =>
  'x-set-by-client' in parameter && parameter['x-set-by-client'] === true;

/** Parameters stand in path items and in operations; both keep them in an array of that name. */
function dropParameters(node: unknown, isDropped: (parameter: object) => boolean): void {
  if (typeof node !== 'object' || node === null) return;
  if ('parameters' in node && Array.isArray(node.parameters)) {
    node.parameters = node.parameters.filter((parameter) => !isDropped(parameter));
  }
  for (const child of Object.values(node)) dropParameters(child, isDropped);
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
`;
}

/** What the client has to know of an operation when it runs. By method first: of all forms, it bundles the smallest. */
function operations(contract: OpenapiDocument): string {
  const all = operationsOf(contract);
  const methods = [...new Set(all.map(({ method }) => method))];
  const members = methods.map((method) => {
    const paths = all
      .filter((placed) => placed.method === method)
      .map(({ path, operation }) => {
        const hasData = successOf(contract, operation).required?.includes('data');
        return `    '${path}': ['${operation.operationId}'${hasData ? ', true' : ''}],\n`;
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
function lists(contract: OpenapiDocument): string {
  const members = operationsOf(contract).flatMap(({ path, method, operation }) => {
    const pagination = operation['x-pagination'];
    if (!pagination) return [];
    if (method !== 'GET') throw new Error(`${operation.operationId} has x-pagination, and is no GET`);
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

/** The schema of an operation's 200. */
function successOf(contract: OpenapiDocument, { operationId, responses }: Operation): { required?: string[] } {
  const response = responses?.['200'];
  const schema = response && resolve(contract, response).content?.['application/json']?.schema;
  if (!schema) throw new Error(`The contract has no JSON answer with status 200 for ${operationId}`);
  return resolve(contract, schema);
}
