// Finds the operations that use a place of the contract, and whether they use it in the request or in the response.
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parse } from 'yaml';

/** The half of an exchange that a part of the contract describes. */
export type Use = 'request' | 'response';

/** A place in a contract: a file, relative to the contract's folder, and a JSON pointer that begins with `#/`. */
export interface Place {
  file: string;
  pointer: string;
}

/** An operation and its parts. */
export interface OperationParts {
  method: string;
  path: string;
  operationId: string;
  /** The alternatives of credentials that it accepts, each as JSON. */
  security: string[];
  /** The operation and everything that it refers to. `use` is absent for parts of neither request nor response. */
  parts: (Place & { use?: Use })[];
}

/** The files of one contract, and its operations. */
export interface ContractFiles {
  /** The folder of its `openapi.yaml`. */
  folder: string;
  /** The parsed content of each file. */
  files: ReadonlyMap<string, unknown>;
  operations: OperationParts[];
  /** Returns the value at a place, or `undefined` if there is none. */
  lookUp(place: Place): unknown;
}

/** An object or a list of a contract. */
export type Node = Record<string, unknown>;

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Whether a value is an object or a list. */
export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Returns the unescaped steps of a JSON pointer. */
export const stepsOf = (pointer: string): string[] =>
  pointer
    .replace(/^#?\/?/, '')
    .split('/')
    .filter((step) => step !== '')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** Returns the place one step below another. */
export const below = ({ file, pointer }: Place, step: string): Place => ({
  file,
  pointer: `${pointer.replace(/\/$/, '')}/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`,
});

/**
 * Reads a contract and finds the parts of its operations.
 *
 * @param folder The folder of its `openapi.yaml`. References to other files are followed.
 */
export function readContractFiles(folder: string): ContractFiles {
  const files = new Map<string, unknown>();
  const lookUp = ({ file, pointer }: Place): unknown => {
    if (!files.has(file)) files.set(file, read(join(folder, file)));
    return stepsOf(pointer).reduce<unknown>((node, step) => (isNode(node) ? node[step] : undefined), files.get(file));
  };
  const start = { file: 'openapi.yaml', pointer: '#/' };
  const paths = below(start, 'paths');
  const operations = Object.keys((lookUp(paths) as Node | undefined) ?? {}).flatMap((path) =>
    operationsOf(path, below(paths, path), start, lookUp),
  );
  return { folder, files, operations, lookUp };
}

/** Parses a file. Returns `undefined` for a file that exists only in the other contract. */
const read = (file: string): unknown => (existsSync(file) ? parse(readFileSync(file, 'utf8')) : undefined);

type LookUp = ContractFiles['lookUp'];

function operationsOf(path: string, item: Place, start: Place, lookUp: LookUp): OperationParts[] {
  const { place: shared, node } = target(item, lookUp);
  return methods
    .filter((method) => method in node)
    .map((method) => {
      const { place, node: operation } = target(below(shared, method), lookUp);
      const security = (operation.security ?? (lookUp(start) as Node).security ?? []) as Node[];
      const schemes = security.flatMap((alternative) => Object.keys(alternative));
      return {
        method: method.toUpperCase(),
        path,
        operationId: String(operation.operationId ?? ''),
        // An empty list means the same as one alternative without credentials.
        security: security.length > 0 ? security.map((alternative) => JSON.stringify(alternative)) : ['{}'],
        parts: [
          // If the path is in a separate file, Redocly reports the change of a whole path here.
          below(item, '$ref'),
          // If the path refers to a file, Redocly reports the change of a whole operation here and not in the file.
          below(shared, method),
          ...inherited(operation, start),
          ...schemes.map((name) => ({ ...schemeAt(start, name), use: 'request' as const })),
          ...ownParts(place, shared, lookUp),
        ],
      };
    });
}

/** Returns the places that apply to an operation because it does not override them. */
const inherited = (operation: Node, start: Place): Place[] =>
  ['security', 'servers'].filter((name) => operation[name] === undefined).map((name) => below(start, name));

function ownParts(place: Place, shared: Place, lookUp: LookUp): OperationParts['parts'] {
  return [
    place,
    // Not the whole path, because it contains other operations.
    ...['summary', 'description', 'servers'].map((name) => below(shared, name)),
    ...used([below(shared, 'parameters'), below(place, 'parameters')], 'request', lookUp),
    ...used([below(place, 'requestBody')], 'request', lookUp),
    ...used([below(place, 'responses')], 'response', lookUp),
    // In callbacks caller and provider swap their roles, so their changes count as both request and response.
    ...used([below(place, 'callbacks')], 'request', lookUp),
    ...used([below(place, 'callbacks')], 'response', lookUp),
  ];
}

const schemeAt = (start: Place, name: string): Place =>
  below(below(below(start, 'components'), 'securitySchemes'), name);

/** Returns the places and everything that they refer to. */
function used(places: Place[], use: Use, lookUp: LookUp): (Place & { use: Use })[] {
  const seen = new Map<string, Place>();
  const visit = (place: Place): void => {
    const key = place.file + place.pointer;
    if (seen.has(key)) return;
    seen.set(key, place);
    for (const reference of referencesIn(lookUp(place))) visit(referred(place, reference));
  };
  places.forEach(visit);
  return [...seen.values()].map((place) => ({ ...place, use }));
}

function referencesIn(node: unknown): string[] {
  if (!isNode(node)) return [];
  const own = typeof node.$ref === 'string' ? [node.$ref] : [];
  return [...own, ...Object.values(node).flatMap(referencesIn)];
}

function referred(from: Place, reference: string): Place {
  const [file, pointer = ''] = reference.split('#');
  return {
    file: file ? posix.join(posix.dirname(from.file), file) : from.file,
    pointer: `#/${decodeURIComponent(pointer).replace(/^\//, '')}`,
  };
}

/** Returns a node and its place. Follows the `$ref` of the node if it has one. */
function target(place: Place, lookUp: LookUp): { place: Place; node: Node } {
  const node = lookUp(place);
  if (isNode(node) && typeof node.$ref === 'string') return target(referred(place, node.$ref), lookUp);
  return { place, node: isNode(node) ? node : {} };
}

/**
 * Returns how an operation uses a place.
 *
 * @returns `undefined` if a change of the place does not affect the operation. An empty list if the place is a part of
 *   neither request nor response, such as the description.
 */
export function usesOf({ parts }: OperationParts, place: Place): Use[] | undefined {
  const around = parts.filter((part) => part.file === place.file && (isIn(place, part) || isIn(part, place)));
  if (around.length === 0) return undefined;
  return [...new Set(around.flatMap(({ use }) => (use ? [use] : [])))];
}

function isIn(inner: Place, { pointer }: Place): boolean {
  if (!inner.pointer.startsWith(pointer)) return false;
  return inner.pointer.length === pointer.length || pointer.endsWith('/') || inner.pointer[pointer.length] === '/';
}

/** Returns a key for an operation that stays the same if a parameter of its path is renamed. */
export const keyOf = ({ method, path }: OperationParts): string => `${method} ${path.replace(/\{[^}]*\}/g, '{}')}`;
