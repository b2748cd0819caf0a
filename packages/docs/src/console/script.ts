import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { specDir } from '@koodrive-backup/lib/workspace';
import { contractKey, createContractAjv } from '@koodrive-backup/spec/ajv';
import { find, fragmentOf, mediaType, type Operation, pointerTo, readContract } from '@koodrive-backup/spec/contract';
import standalone from 'ajv/dist/standalone/index.js';
import { rolldown } from 'rolldown';
import type { ConsoleData, OperationData } from './operations.ts';

const here = (file: string): string => join(import.meta.dirname, file);

/** Returns the name of the validator for the schema at a place in the contract. */
type CheckName = (pointer: string) => string;

/**
 * Builds the console for a contract. It is a classic script, because browsers load no module from a disk. It holds the
 * contract's validators as code, because the page's policy forbids code that is made at run time.
 *
 * @param contract The bundled contract.
 */
export async function consoleScript(contract: object): Promise<string> {
  const names = new Map<string, string>();
  const nameOf: CheckName = (pointer) => {
    const { pointer: place } = find(contract, pointer);
    const name = names.get(place) ?? `validator${names.size}`;
    names.set(place, name);
    return name;
  };
  const operations = readContract(contract).operations.map((operation) => dataOf(contract, operation, nameOf));
  const styles = readFileSync(here('console.css'), 'utf8');
  // These two files exist only here. Their folders decide how imports resolve: the validators import Ajv, which spec has.
  const validators = join(specDir, 'dist', 'validators-of-the-console.js');
  const entry = here('entry.js');
  const files = new Map([
    [validators, validatorsModule(contract, names)],
    [entry, entryModule({ operations, mock: mockOf(contract), styles }, validators)],
  ]);
  const made = {
    name: 'made',
    resolveId: (id: string) => (files.has(id) ? id : undefined),
    load: (id: string) => files.get(id),
  };
  const bundle = await rolldown({ input: entry, platform: 'browser', logLevel: 'warn', plugins: [made] });
  const { output } = await bundle.generate({ format: 'iife', minify: true });
  await bundle.close();
  return output[0].code;
}

/** What the console knows of an operation. */
function dataOf(contract: object, operation: Operation, nameOf: CheckName): OperationData {
  const { responses, body, parameters, ...rest } = operation;
  const textOf = (pointer: string, key: 'summary' | 'description'): string =>
    (find(contract, pointer).value as Record<typeof key, string>)[key];
  const answers = Object.entries(responses).map(([status, { pointer }]): [string, string] => {
    const media = find(contract, `${pointer}${pointerTo('content', mediaType)}`).pointer;
    return [status, nameOf(`${media}/schema`)];
  });
  return {
    ...rest,
    ...(body && { body: { ...body, validator: nameOf(body.pointer) } }),
    parameters: parameters.map((parameter) => ({
      ...parameter,
      description: textOf(parameter.pointer, 'description'),
      validator: nameOf(`${parameter.pointer}/schema`),
    })),
    summary: textOf(operation.pointer, 'summary'),
    answers: Object.fromEntries(answers),
  };
}

function validatorsModule(contract: object, names: Map<string, string>): string {
  const schemas = [...names].map(([pointer, name]) => [name, `${contractKey}#${fragmentOf(pointer)}`]);
  // The module is CommonJS: the import is the function at run time, but TypeScript expects it in `default`.
  const codeOf = standalone as unknown as (typeof standalone)['default'];
  return codeOf(createContractAjv(contract, true), Object.fromEntries(schemas));
}

const entryModule = (data: ConsoleData, validators: string): string => `
import { startConsole } from ${JSON.stringify(here('index.ts'))};
import * as validators from ${JSON.stringify(validators)};
startConsole(${JSON.stringify(data)}, validators);
`;

/** Returns the server of the contract that is on this machine: the mock. */
function mockOf(contract: object): string {
  const { servers } = contract as { servers: { url: string }[] };
  const mock = servers.find(({ url }) => new URL(url).hostname === '127.0.0.1');
  if (!mock) throw new Error('the contract has no server at 127.0.0.1 for the console to call');
  return mock.url;
}
