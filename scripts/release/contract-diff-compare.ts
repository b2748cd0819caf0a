// Judges the changes that Redocly finds between two contracts, and finds the operations that they affect.
import { relative, resolve } from 'node:path';
import { claimsOf, type Surroundings, securityClaim } from './contract-diff-claims.ts';
import { changedLists } from './contract-diff-lists.ts';
import {
  type Bump,
  type Claim,
  type FoundChange,
  type FoundPlace,
  type Impacts,
  judge,
  largest,
} from './contract-diff-rules.ts';
import {
  below,
  type ContractFiles,
  keyOf,
  type OperationParts,
  type Place,
  readContractFiles,
  stepsOf,
  type Use,
  usesOf,
} from './contract-diff-uses.ts';

/** An operation that a change affects. */
export interface AffectedOperation {
  /** The HTTP method, in capitals. */
  method: string;
  path: string;
  operationId: string;
  /** Whether the change is in its request, its response or both. Empty if in neither, but in its description. */
  uses: Use[];
}

/** One change of the contract, and its impact on callers and on providers. */
export interface ContractChange extends Impacts {
  kind: FoundChange['kind'];
  /** The type of the OpenAPI object, such as `Schema` or `Parameter`. */
  typeName: string;
  /** The changed part, for people: `ModuleCode.enum`, or `POST /things parameters.size.schema.maximum`. */
  subject: string;
  /** The larger of the two bumps. */
  bump: Bump;
  /** The place in the old contract. `file` has git's form: `HEAD:spec/openapi.yaml`. */
  base?: FoundPlace;
  /** The place in the new contract. */
  revision?: FoundPlace;
  /** Every operation that the change affects, directly or through shared components. */
  operations: AffectedOperation[];
}

/** The two contracts, each in a folder with an `openapi.yaml`. */
export interface Folders {
  /** The folder in which Redocly ran. Redocly's file names are relative to it. */
  cwd: string;
  /** The commit of the old contract. */
  ref: string;
  base: string;
  revision: string;
}

/** The places of a change in the two contracts. */
interface Located {
  base: Place | undefined;
  revision: Place | undefined;
}

/** The content of both contracts. */
interface Both {
  base: ContractFiles;
  revision: ContractFiles;
}

/** An operation of one contract, or of both, that a change affects. */
interface Reached {
  operation: OperationParts;
  uses: Use[];
}

/**
 * Judges changes.
 *
 * @param changes The changes that Redocly found.
 * @param folders The two contracts.
 * @returns The judged changes, sorted by bump, the largest first. Includes changes of lists that Redocly does not find.
 */
export function judgeChanges(changes: FoundChange[], folders: Folders): ContractChange[] {
  const both = { base: readContractFiles(folders.base), revision: readContractFiles(folders.revision) };
  const lists = changedLists(both.base, both.revision).filter((list) => !isReported(list, changes, folders.cwd));
  const judged = [...changes, ...lists].map((change) => judgeChange(change, both, folders));
  return (['major', 'minor', 'patch'] as const).flatMap((bump) => judged.filter((change) => change.bump === bump));
}

/** Whether Redocly reported a list or a member of it. It compares the lists that it knows, such as code samples. */
function isReported(list: FoundChange, changes: FoundChange[], cwd: string): boolean {
  const isAt = (place: FoundPlace | undefined, outer: FoundPlace | undefined): boolean =>
    place !== undefined &&
    outer !== undefined &&
    resolve(cwd, place.file) === outer.file &&
    place.pointer.startsWith(outer.pointer);
  return changes.some(({ base, revision }) => isAt(base, list.base) || isAt(revision, list.revision));
}

function judgeChange(change: FoundChange, both: Both, folders: Folders): ContractChange {
  const located = {
    base: placeIn(folders.base, change.base, change, folders.cwd),
    revision: placeIn(folders.revision, change.revision, change, folders.cwd),
  };
  const { reached, claims } = change.typeName.startsWith('SecurityRequirement')
    ? securityOf(located, both)
    : { reached: reach(located, both), claims: claimsOf(change, surroundingsOf(located, both)) };
  const { callers, providers } = judge(claims, [...new Set(reached.flatMap(({ uses }) => uses))]);
  const base = change.base && located.base && { ...change.base, file: `${folders.ref}:spec/${located.base.file}` };
  const revision = change.revision && located.revision && { ...change.revision, file: `spec/${located.revision.file}` };
  return {
    kind: change.kind,
    typeName: change.typeName,
    subject: subjectOf(change, located, both),
    bump: largest([callers.bump, providers.bump]) ?? 'patch',
    callers,
    providers,
    ...(base && { base }),
    ...(revision && { revision }),
    operations: reached.map(({ operation: { method, path, operationId }, uses }) => ({
      method,
      path,
      operationId,
      uses,
    })),
  };
}

/** Returns the place of a change in a contract. For an absent property Redocly reports the place of its object. */
function placeIn(
  folder: string,
  found: FoundPlace | undefined,
  { property }: FoundChange,
  cwd: string,
): Place | undefined {
  if (!found) return undefined;
  const place = {
    file: relative(folder, resolve(cwd, found.file)).replaceAll('\\', '/'),
    pointer: found.pointer,
  };
  // `key` stands for the name of the object itself.
  const isThere = property === undefined || property === 'key' || stepsOf(place.pointer).at(-1) === property;
  return isThere ? place : below(place, property);
}

/** Returns the operations that use the changed part. If it is in both contracts: those that use it in both. */
function reach({ base, revision }: Located, both: Both): Reached[] {
  const before = base ? reachIn(both.base, base) : new Map<string, Reached>();
  const after = revision ? reachIn(both.revision, revision) : new Map<string, Reached>();
  if (base && revision) {
    const inBoth = common(after, before);
    return inBoth.length > 0 ? inBoth : [...new Map([...before, ...after]).values()];
  }
  // If the old contract also has this place, only a reference to it was added: operations that already used the place
  // see no change.
  if (revision) return without(after, reachIn(both.base, revision), both.base.lookUp(revision) !== undefined);
  return base ? without(before, reachIn(both.revision, base), both.revision.lookUp(base) !== undefined) : [];
}

const reachIn = ({ operations }: ContractFiles, place: Place): Map<string, Reached> =>
  new Map(
    operations.flatMap((operation) => {
      const uses = usesOf(operation, place);
      return uses ? [[keyOf(operation), { operation, uses }] as const] : [];
    }),
  );

function common(some: Map<string, Reached>, others: Map<string, Reached>): Reached[] {
  return [...some].flatMap(([key, { operation, uses }]) => {
    const other = others.get(key);
    if (!other) return [];
    const shared = uses.filter((use) => other.uses.includes(use));
    return shared.length > 0 || uses.length === 0 ? [{ operation, uses: shared }] : [];
  });
}

function without(some: Map<string, Reached>, others: Map<string, Reached>, isElsewhere: boolean): Reached[] {
  const all = [...some];
  const rest = isElsewhere ? all.filter(([key]) => !others.has(key)) : all;
  return (rest.length > 0 ? rest : all).map(([, reached]) => reached);
}

/**
 * Returns the operations whose accepted credentials change, and the claims. Compares them operation by operation,
 * because an operation's own list replaces the common one.
 */
function securityOf({ base, revision }: Located, both: Both): { reached: Reached[]; claims: Claim[] } {
  const before = new Map(both.base.operations.map((operation) => [keyOf(operation), operation]));
  const places = [base, revision].filter((place) => place !== undefined);
  const changed = both.revision.operations.flatMap((operation) => {
    const old = before.get(keyOf(operation));
    if (!old || !places.some((place) => usesOf(operation, place) ?? usesOf(old, place))) return [];
    const claim = securityClaim(old.security, operation.security);
    return claim === 'text' ? [] : [{ operation, claim }];
  });
  return {
    reached: changed.map(({ operation }) => ({ operation, uses: ['request'] })),
    claims: changed.map(({ claim }) => claim),
  };
}

function surroundingsOf({ base, revision }: Located, both: Both): Surroundings {
  const place = revision ?? base;
  const files = revision ? both.revision : both.base;
  const from = (levels: number, name: string): unknown => {
    if (!place) return undefined;
    const pointer = place.pointer.split('/').slice(0, -levels).join('/');
    return files.lookUp(below({ file: place.file, pointer }, name));
  };
  const isList = place?.pointer.endsWith('/properties') ?? false;
  return {
    closed: from(isList ? 1 : 2, 'additionalProperties') === false,
    hasDefault: from(1, 'default') !== undefined,
    isRequired: from(1, 'required') === true,
  };
}

/** Names the changed part by its component, or else by the operation that uses it first. */
function subjectOf({ path, property }: FoundChange, { base, revision }: Located, both: Both): string {
  const place = revision ?? base;
  const files = revision ? both.revision : both.base;
  const at = stepsOf(place?.pointer ?? path);
  if (at[0] === 'components') return named(at.slice(2));
  const [root = '', template = '', ...inner] = [...stepsOf(path), ...(property === undefined ? [] : [property])];
  if (root !== 'paths') return named([root, template, ...inner]);
  const [method = '', ...rest] = inner.map((step, index) =>
    inner[index - 1] === 'parameters' ? parameterName(files, place, step) : step,
  );
  const operation = files.operations.find((one) => one.path === template && one.method === method.toUpperCase());
  return operation
    ? `${operation.operationId} ${named(rest)}`.trim()
    : `${template} ${named([method, ...rest])}`.trim();
}

/** Joins the steps of a pointer, without those that a reader does not need. */
const named = (steps: string[]): string => steps.filter((step) => step !== '' && step !== 'properties').join('.');

/** Returns the name of the parameter at an index of its list. */
function parameterName(files: ContractFiles, place: Place | undefined, index: string): string {
  const steps = place?.pointer.split('/') ?? [];
  const end = steps.indexOf('parameters') + 2;
  if (!place || steps[end - 1] !== index) return index;
  const parameter = files.lookUp({ file: place.file, pointer: steps.slice(0, end).join('/') });
  return (parameter as { name?: string } | undefined)?.name ?? index;
}
