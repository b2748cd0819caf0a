// Finds the rules that apply to a change of the contract.
import { type Claim, type FoundChange, isVariance } from './contract-diff-rules.ts';
import { below, isNode, stepsOf } from './contract-diff-uses.ts';

/** Facts about the objects around a change that the rules need. */
export interface Surroundings {
  /** Whether the schema around it refuses properties that it does not name. */
  closed: boolean;
  /** Whether the responses around it have a `default`, which covers every other status. */
  hasDefault: boolean;
  /** Whether the object around it has `required: true`. */
  isRequired: boolean;
}

/** Returns the claims of a change. Security requirements have their own function: {@link securityClaim}. */
export function claimsOf(change: FoundChange, around: Surroundings): Claim[] {
  const steps = stepsOf(change.path);
  const extension = extensionOf(change);
  if (extension) return [(extensions[extension] ?? text)(change, around)];
  if (steps[0] === 'components' && steps.length === 3 && (change.kind !== 'modified' || change.property === 'key')) {
    return [componentClaim(steps, change.kind)];
  }
  const member = members[change.typeName];
  if (member) return membersOf(change).flatMap((one) => claimsOf({ ...one, typeName: member }, around));
  return [claimOf[change.typeName]?.(change, around) ?? 'other'];
}

/** The type of the members of lists and maps that can be added or removed as a whole. */
const members: Record<string, string> = {
  ParameterList: 'Parameter',
  HeadersMap: 'Header',
  MediaTypesMap: 'MediaType',
  Responses: 'Response',
  ServerList: 'Server',
};

function membersOf(change: FoundChange): FoundChange[] {
  const { kind, typeName, path, base, revision } = change;
  const place = revision ?? base;
  return Object.entries(place?.value ?? {}).map(([key, value]) => {
    const at = { file: '', pointer: '', line: 0, col: 0, value };
    const member = { kind, typeName, path: below({ file: '', pointer: path }, key).pointer };
    return revision ? { ...member, revision: at } : { ...member, base: at };
  });
}

/**
 * Returns the claim of a change of the accepted credentials.
 *
 * @param old The alternatives that were accepted, each as JSON. `{}` means that no credential is needed.
 * @param now The alternatives that are accepted now.
 */
export function securityClaim(old: string[], now: string[]): Claim {
  const [wasOpen, isOpen] = [old, now].map((alternatives) => alternatives.includes('{}'));
  if (wasOpen && isOpen) return 'text';
  if (wasOpen) return 'request narrower';
  if (isOpen) return 'request wider';
  const claim = setClaim(old, now, same);
  return isVariance(claim) ? `request ${claim}` : claim;
}

type ClaimOf = (change: FoundChange, around: Surroundings) => Claim;

const texts = ['description', 'title', 'summary', 'example', 'examples', 'externalDocs', 'tags', '$comment', 'xml'];
const text: ClaimOf = () => 'text';

/** Returns the claim of a modified property by its name. A name that is not in the table has the claim `other`. */
const byProperty = (
  known: Record<string, ClaimOf>,
  { added, removed }: { added: ClaimOf; removed: ClaimOf },
): ClaimOf => {
  const all: Record<string, ClaimOf> = { deprecated: () => 'notice', ...known };
  return (change, around) => {
    if (change.kind === 'added') return added(change, around);
    if (change.kind === 'removed') return removed(change, around);
    const { property = '' } = change;
    return texts.includes(property) ? 'text' : (all[property]?.(change, around) ?? 'other');
  };
};

const valueIsRequired = ({ base, revision }: FoundChange): boolean =>
  (((revision ?? base)?.value ?? {}) as { required?: unknown }).required === true;

/** A part that a message may contain, or must contain. */
const optional = { added: valueOr('narrower', 'added'), removed: valueOr('other', 'removed') };
function valueOr(required: Claim, otherwise: Claim): ClaimOf {
  return (change) => (valueIsRequired(change) ? required : otherwise);
}

/** A boolean for which `true` allows less than `false`, the default. */
const narrowing: ClaimOf = ({ revision }) => (revision?.value === true ? 'narrower' : 'wider');
const widening: ClaimOf = ({ revision }) => (revision?.value === true ? 'wider' : 'narrower');

/** A keyword whose presence is a condition on the value. */
const condition: ClaimOf = ({ base, revision }) => {
  if (base?.value === undefined) return 'narrower';
  return revision?.value === undefined ? 'wider' : 'other';
};

/** A promise that providers have to keep. */
const promise: ClaimOf = ({ base, revision }) => {
  if (base?.value === undefined) return 'promise more';
  return revision?.value === undefined ? 'promise less' : 'promise other';
};

const bound =
  (compare: (old: number, now: number) => boolean, none: number): ClaimOf =>
  ({ base, revision }) => {
    const [old, now] = [base?.value ?? none, revision?.value ?? none];
    if (typeof old !== 'number' || typeof now !== 'number') return 'other';
    if (old === now) return 'text';
    return compare(old, now) ? 'narrower' : 'wider';
  };
const upper = bound((old, now) => now < old, Number.POSITIVE_INFINITY);
const lower = bound((old, now) => now > old, Number.NEGATIVE_INFINITY);
const least = bound((old, now) => now > old, 0);

const multiples: ClaimOf = (change) => {
  const [old, now] = [change.base?.value, change.revision?.value];
  if (typeof old !== 'number' || typeof now !== 'number') return condition(change, nowhere);
  if (now % old === 0) return 'narrower';
  return old % now === 0 ? 'wider' : 'other';
};
const nowhere: Surroundings = { closed: false, hasDefault: false, isRequired: false };

/** A set of allowed values. If there is no set, every value is allowed. */
const choice =
  (includes: (set: unknown[], member: unknown) => boolean): ClaimOf =>
  (change) => {
    const [old, now] = [change.base?.value, change.revision?.value];
    if (old === undefined || now === undefined) return condition(change, nowhere);
    return setClaim([old].flat(), [now].flat(), includes);
  };

function setClaim(old: unknown[], now: unknown[], includes: (set: unknown[], member: unknown) => boolean): Claim {
  const less = old.some((member) => !includes(now, member));
  const more = now.some((member) => !includes(old, member));
  if (less && more) return 'other';
  if (less) return 'narrower';
  return more ? 'wider' : 'text';
}

const same = (set: unknown[], member: unknown): boolean =>
  set.some((other) => JSON.stringify(other) === JSON.stringify(member));

/** Each required name is one more condition, so a longer list allows less. */
const requiredNames: ClaimOf = ({ base, revision }) =>
  setClaim([revision?.value ?? []].flat(), [base?.value ?? []].flat(), same);

/** Whether a schema allows properties that it does not name. Default: it does. */
const openness: ClaimOf = ({ base, revision }) => {
  const [old, now] = [base?.value ?? true, revision?.value ?? true];
  if (old === now) return 'text';
  if (old === true || now === false) return 'narrower';
  return old === false || now === true ? 'wider' : 'other';
};

/** The claims of the validation keywords of JSON Schema. */
const schema: ClaimOf = byProperty(
  {
    type: choice((set, member) => same(set, member) || (member === 'integer' && set.includes('number'))),
    enum: choice(same),
    required: requiredNames,
    nullable: widening,
    uniqueItems: narrowing,
    maximum: upper,
    exclusiveMaximum: upper,
    maxLength: upper,
    maxItems: upper,
    maxProperties: upper,
    minimum: lower,
    exclusiveMinimum: lower,
    minLength: least,
    minItems: least,
    minProperties: least,
    multipleOf: multiples,
    additionalProperties: openness,
    const: condition,
    pattern: condition,
    format: condition,
    contentMediaType: condition,
    contentEncoding: condition,
    default: promise,
    key: (change, around) => schemaKey(change, around),
  },
  { added: (change, around) => subschema(change, around), removed: (change, around) => subschema(change, around) },
);

/** A subschema that is added or removed. Its claim depends on the keyword that contains it. */
const subschema: ClaimOf = ({ kind, path }, { closed }) => {
  const [keyword = '', last = ''] = stepsOf(path).slice(-2);
  const isNew = kind === 'added';
  if (keyword === 'properties' || last === 'properties') {
    if (closed) return isNew ? 'wider' : 'other';
    return isNew ? 'added' : 'removed';
  }
  if (keyword === 'oneOf' || keyword === 'anyOf') return isNew ? 'wider' : 'narrower';
  if (['if', 'then', 'else'].includes(last)) return 'other';
  return isNew ? 'narrower' : 'wider';
};

/** A renamed property counts as one property removed and one added. */
const schemaKey: ClaimOf = ({ path }, { closed }) =>
  stepsOf(path).at(-2) === 'properties' && !closed ? 'removed' : 'other';

/** A list of schemas that is added or removed as a whole is one condition, even if a single member would widen it. */
const combination: ClaimOf = ({ kind }) => (kind === 'added' ? 'narrower' : 'wider');

const parameter: ClaimOf = byProperty(
  {
    required: narrowing,
    allowEmptyValue: widening,
    name: (change, around) => parameterName(change, around),
  },
  optional,
);

/** A path parameter can change its name without a change of any request. Other parameters are sent by name. */
const parameterName: ClaimOf = ({ base, revision, path }, { isRequired }) => {
  const steps = stepsOf(path);
  const template = steps[steps.indexOf('paths') + 1] ?? '';
  const inPath = [base, revision].some((place) => template.includes(`{${place?.value}}`));
  if (inPath) return 'name';
  return isRequired ? 'other' : 'removed';
};

const response: ClaimOf = byProperty(
  {},
  {
    added: ({ path }, { hasDefault }) => {
      const status = stepsOf(path).at(-1) ?? '';
      return hasDefault && !status.startsWith('2') && status !== 'default' ? 'added' : 'wider';
    },
    removed: () => 'other',
  },
);

const mediaType: ClaimOf = byProperty(
  {},
  {
    added: () => 'wider',
    // In a response both sides break: callers may ask for the media type, and providers may return it.
    removed: ({ path }) => (stepsOf(path).includes('responses') ? 'other' : 'narrower'),
  },
);

const pathItem: ClaimOf = byProperty(
  {
    key: ({ base, revision }) => {
      const [old, now] = [base, revision].map((place) => `${place?.value}`.replace(/\{[^}]*\}/g, '{}'));
      return old === now ? 'name' : 'request other';
    },
  },
  { added: () => 'request added', removed: () => 'request removed' },
);

const operation: ClaimOf = byProperty(
  { operationId: () => 'name' },
  { added: () => 'request added', removed: () => 'request removed' },
);

const claimOf: Record<string, ClaimOf> = {
  Schema: schema,
  SchemaProperties: subschema,
  OneOf: combination,
  AnyOf: combination,
  AllOf: combination,
  Parameter: parameter,
  RequestBody: byProperty({ required: narrowing }, optional),
  Header: byProperty({ required: narrowing, key: () => 'removed' }, optional),
  Response: response,
  MediaType: mediaType,
  PathItem: pathItem,
  Operation: operation,
  Server: byProperty({ url: () => 'host', variables: () => 'host' }, { added: () => 'notice', removed: () => 'host' }),
  ServerVariable: byProperty({}, { added: () => 'host', removed: () => 'host' }),
  // Text, because the operations that require the scheme have their own change if it is added or removed.
  SecurityScheme: byProperty({ bearerFormat: text }, { added: text, removed: text }),
  Root: byProperty({ openapi: text }, { added: text, removed: text }),
  Info: text,
  Contact: text,
  License: text,
  Tag: text,
  Example: text,
  ExternalDocs: text,
  Link: text,
  TagList: text,
  ExamplesMap: text,
  LinksMap: text,
  EnumDescriptions: text,
};

const codeOf = (entry: unknown): unknown[] => (isNode(entry) ? [entry.code, entry.name] : []);

/** The extensions that code reads. All others are for people. */
const extensions: Record<string, ClaimOf> = {
  'x-pagination': ({ kind, base, revision, ...rest }) => {
    const whole = stepsOf(rest.path).at(-1) === 'x-pagination' && kind !== 'modified';
    if (!whole && rest.property !== 'x-pagination') return 'promise other';
    return promise({ kind, ...rest, ...(base && { base }), ...(revision && { revision }) }, nowhere);
  },
  'x-lifetime-seconds': (change) => {
    const [old, now] = [change.base?.value, change.revision?.value];
    if (typeof old !== 'number' || typeof now !== 'number') return promise(change, nowhere);
    return now > old ? 'promise more' : 'promise less';
  },
  // The client's types omit a parameter with this extension.
  'x-set-by-client': () => 'name',
  // The client exports the codes by their names.
  'x-error-codes': ({ base, revision }) => {
    const [old, now] = [base, revision].map((place) => [place?.value ?? []].flat().map(codeOf));
    const claim = setClaim(old ?? [], now ?? [], same);
    if (claim === 'wider') return 'notice';
    return claim === 'text' ? 'text' : 'name';
  },
};

/**
 * Returns the extension that changed, or that contains the change. Looks at the type of the object first, because the
 * name of a header or a property may also begin with `x-`.
 */
function extensionOf({ typeName, path, property = '' }: FoundChange): string | undefined {
  if (property.startsWith('x-')) return property;
  return typeName === 'SpecExtension' ? stepsOf(path).findLast((step) => step.startsWith('x-')) : undefined;
}

/** The client exports the types of components by their names. */
function componentClaim([, section = '']: string[], kind: FoundChange['kind']): Claim {
  if (!['schemas', 'parameters', 'responses', 'requestBodies', 'headers'].includes(section)) return 'text';
  return kind === 'added' ? 'notice' : 'name';
}
