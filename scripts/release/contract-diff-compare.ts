// Judges the changes that Redocly finds between two contracts, and says which operations they reach.
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

/** An operation that a change reaches. */
export interface AffectedOperation {
  /** In capitals. */
  method: string;
  path: string;
  operationId: string;
  /** Where it uses what changed; empty for what is neither request nor response, as its description. */
  uses: Use[];
}

/** One change of the contract, with what it means for callers and for providers. */
export interface ContractChange extends Impacts {
  kind: FoundChange['kind'];
  /** The kind of OpenAPI object, as `Schema` or `Parameter`. */
  typeName: string;
  /** What changed, for people: `ModuleCode.enum`, or `POST /things parameters.size.schema.maximum`. */
  subject: string;
  /** The larger one of the two impacts. */
  bump: Bump;
  /** Where the old contract says it. `file` is named as git names it: `HEAD:spec/openapi.yaml`. */
  base?: FoundPlace;
  /** Where the new contract says it. */
  revision?: FoundPlace;
  /** Every operation that it reaches, also through components that they share. */
  operations: AffectedOperation[];
}

/** The two contracts: each a folder with an `openapi.yaml`. */
export interface Folders {
  /** Where Redocly ran, which names files from there. */
  cwd: string;
  /** The commit that the old contract is of. */
  ref: string;
  base: string;
  revision: string;
}

/** A change in terms of the two contracts. */
interface Located {
  base: Place | undefined;
  revision: Place | undefined;
}

/** What both contracts say. */
interface Both {
  base: ContractFiles;
  revision: ContractFiles;
}

/** An operation of either contract, or of both, that a change reaches. */
interface Reached {
  operation: OperationParts;
  uses: Use[];
}

/**
 * Judges changes.
 *
 * @param changes What Redocly found.
 * @param folders The two contracts.
 * @returns A judgement of each, those first that ask for the larger bump.
 */
export function judgeChanges(changes: FoundChange[], folders: Folders): ContractChange[] {
  const both = { base: readContractFiles(folders.base), revision: readContractFiles(folders.revision) };
  const lists = changedLists(both.base, both.revision).filter((list) => !isReported(list, changes, folders.cwd));
  const judged = [...changes, ...lists].map((change) => judgeChange(change, both, folders));
  return (['major', 'minor', 'patch'] as const).flatMap((bump) => judged.filter((change) => change.bump === bump));
}

/** Whether Redocly reported a list or a member of it: it compares the lists that it knows, as code samples. */
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

/** Where a contract says what changed. Redocly names the object if a property is not there. */
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
  // A `key` that changed is the object's own name.
  const isThere = property === undefined || property === 'key' || stepsOf(place.pointer).at(-1) === property;
  return isThere ? place : below(place, property);
}

/** The operations that use what changed, both before and after where it is in both. */
function reach({ base, revision }: Located, both: Both): Reached[] {
  const before = base ? reachIn(both.base, base) : new Map<string, Reached>();
  const after = revision ? reachIn(both.revision, revision) : new Map<string, Reached>();
  if (base && revision) {
    const inBoth = common(after, before);
    return inBoth.length > 0 ? inBoth : [...new Map([...before, ...after]).values()];
  }
  // If the old file has this place too, only a reference changed: operations that used the place before see no change.
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

/** A requirement affects the operations whose alternatives change: an operation's own list replaces the common one. */
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

/** Names what changed by its component, or else by the operation that uses it first. */
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

/** Steps without those that say nothing. */
const named = (steps: string[]): string => steps.filter((step) => step !== '' && step !== 'properties').join('.');

/** The name of a parameter that is at an index of its list. */
function parameterName(files: ContractFiles, place: Place | undefined, index: string): string {
  const steps = place?.pointer.split('/') ?? [];
  const end = steps.indexOf('parameters') + 2;
  if (!place || steps[end - 1] !== index) return index;
  const parameter = files.lookUp({ file: place.file, pointer: steps.slice(0, end).join('/') });
  return (parameter as { name?: string } | undefined)?.name ?? index;
}
