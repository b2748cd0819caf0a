import { type Body, type Parameter, pointerTo, type Schema } from '@koodrive-backup/spec/contract';
import { bodyOf, type Call, sentValue, withBody, withFields, withValues } from './call.ts';

/** The kinds of faults in a request. The check with the same id sends them. */
export type FaultKind =
  | 'missing-refused'
  | 'empty-refused'
  | 'wrong-type-refused'
  | 'bounds-refused'
  | 'pattern-refused'
  | 'enum-refused'
  | 'json-string-refused'
  | 'repeated-refused'
  | 'malformed-body-refused'
  | 'body-shape-refused'
  | 'content-type-refused'
  | 'no-credential-refused'
  | 'undocumented-method-refused'
  | 'undocumented-path-refused';

/** A call with exactly one fault. */
export interface Fault {
  kind: FaultKind;
  /** What is wrong, in a few words. */
  name: string;
  /** The place in the contract that is violated. */
  pointer: string;
  call: Call;
  /** The call without the fault. Default: the call that the fault was put into. */
  twin?: Call;
  authorizations?: readonly string[];
  /** Whether the contract has the operation. Default true. */
  isDocumented?: boolean;
  /** Whether the fault is in a header that all operations have, so that one place in a provider checks it. */
  isShared?: boolean;
}

/** Returns every fault that the contract can tell in a variant of a valid call. */
export function faultsOf(call: Call): Fault[] {
  const { operation } = call;
  return [
    ...credentialFaults(call),
    ...operation.parameters.flatMap((parameter) => parameterFaults(call, parameter)),
    ...(operation.body ? bodyFaults(call, operation.body) : []),
    ...placeFaults(call),
  ];
}

/** The name of the case that sends a twin. */
export const twinName = 'the same request without the fault';

/** The place in the contract that decides about credentials. */
export const securityPointer = '/components/securitySchemes';

function credentialFaults(call: Call): Fault[] {
  const { operation } = call;
  if (operation.credentials.length === 0) return [];
  const pointer = securityPointer;
  return [
    { kind: 'no-credential-refused', name: 'no Authorization', pointer, call, authorizations: [] },
    { kind: 'no-credential-refused', name: 'an empty Authorization', pointer, call, authorizations: [''] },
  ];
}

function parameterFaults(call: Call, parameter: Parameter): Fault[] {
  const { in: place, name, required, schema, pointer, example } = parameter;
  const what = `${place}.${name}`;
  const sent = sentValue(call, place, name) ?? String(example);
  const set = (...values: string[]): Call => withValues(call, place, name, values);
  const faults: Fault[] = [];
  if (place !== 'path') {
    if (required) faults.push({ kind: 'missing-refused', name: `${what} left out`, pointer, call: set() });
    faults.push({ kind: 'empty-refused', name: `${what} empty`, pointer, call: set('') });
    faults.push({ kind: 'repeated-refused', name: `${what} sent twice`, pointer, call: set(sent, sent) });
  }
  const values = place === 'header' ? wrongTexts(schema, sent).filter(isHeaderValue) : wrongTexts(schema, sent);
  return [
    ...faults,
    ...wrongBounds(schema, sent, place).map(({ name: bound, value, mended }) => ({
      kind: 'bounds-refused' as const,
      name: `${what} ${bound}`,
      pointer: `${pointer}/schema`,
      call: set(String(value)),
      // A value that names something of the provider has no twin: another value would be refused as unknown.
      ...(mended !== undefined && isFree(parameter) && { twin: set(String(mended)) }),
    })),
    ...values.map(({ kind, value }) => ({
      kind,
      name: `${what} ${quoted(value)}`,
      pointer: `${pointer}/schema`,
      call: set(value),
      isShared: parameter.isSetByClient,
    })),
  ].filter(({ call: faulty }) => place !== 'path' || faulty.path[name] !== '');
}

/** Whether a parameter accepts any valid value. It does not if authentication sets it, or the provider created it. */
export function isFree({ isSetByClient, madeBy }: Parameter): boolean {
  return !isSetByClient && !madeBy;
}

const isHeaderValue = ({ value }: { value: string }): boolean =>
  /^[\t -~\x80-\xff]*$/.test(value) && value.trim() === value;

const quoted = (value: string): string =>
  value.length > 40 ? `of ${[...value].length} characters` : JSON.stringify(value);

/** Returns texts that a parameter's schema should not allow. The caller drops those that it happens to allow. */
function wrongTexts({ type, enum: allowed, pattern }: Schema, sent: string): { kind: FaultKind; value: string }[] {
  if (type === 'integer' || type === 'number') {
    const digits = ['\uff11', '\u0661', '1_0', '1,0', '1\u00a0', ' 1', '1 ', '+1', '1.', '.5'];
    const words = ['ten', '1x', '0x10', '--1', 'true', 'null', '[1]', 'NaN', 'Infinity'];
    const values = [...words, ...digits, ...(type === 'integer' ? ['1.5'] : [])];
    return values.map((value) => ({ kind: 'wrong-type-refused', value }));
  }
  if (allowed) return wrongEnum(allowed).map((value) => ({ kind: 'enum-refused', value: String(value) }));
  if (pattern !== undefined) return wrongForPattern(sent).map((value) => ({ kind: 'pattern-refused', value }));
  return [];
}

function wrongEnum(allowed: unknown[]): unknown[] {
  const numbers = allowed.map(Number).filter((number) => !Number.isNaN(number));
  const around = numbers.length > 0 ? [Math.min(...numbers) - 1, Math.max(...numbers) + 1] : [];
  const isText = typeof allowed[0] === 'string';
  const first = String(allowed[0]);
  return [
    ...around.map((number) => (isText ? String(number) : number)),
    ...(isText ? [` ${first}`, `${first} `, `0${first}`, `${first}0`, 'none', `${first},${allowed[1]}`] : []),
  ];
}

/**
 * Returns values that a careless pattern accepts: with extra characters in the middle, at either end, or on a second
 * line, and dates that no calendar has.
 */
function wrongForPattern(sent: string): string[] {
  const middle = Math.ceil(sent.length / 2);
  const inserted = [' ', '/', '-', '!', '\u00e9', '\u0000', '\n', '\u4e2d', '\u{1f600}', '.', '@'].flatMap((char) => [
    sent.slice(0, middle) + char + sent.slice(middle),
    char + sent,
    sent + char,
  ]);
  const replaced = [...new Set(sent.match(/\d\d(?=\d\dZ$)|T|Z$|^\d{4}/g) ?? [])].flatMap((part) =>
    /\d/.test(part) ? [] : [sent.replace(part, ''), sent.replace(part, part.toLowerCase()), sent.replace(part, ' ')],
  );
  const dates = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(sent);
  if (!dates) return [...inserted, ...replaced];
  const [, y, m, d, h, min, s] = dates;
  return [
    ...inserted,
    ...replaced,
    `${y}13${d}T${h}${min}${s}Z`,
    `${y}00${d}T${h}${min}${s}Z`,
    `${y}${m}32T${h}${min}${s}Z`,
    `${y}${m}00T${h}${min}${s}Z`,
    `${y}${m}${d}T24${min}${s}Z`,
    `${y}${m}${d}T${h}60${s}Z`,
    `${y}${m}${d}T${h}${min}60Z`,
    `${y?.slice(1)}${m}${d}T${h}${min}${s}Z`,
    `${y}-${m}-${d}T${h}:${min}:${s}Z`,
    `${y}${m}${d}T${h}${min}${s}+0000`,
    `${y}${m}${d}T${h}${min}${s}.000Z`,
    String(Math.floor(Date.UTC(Number(y), Number(m) - 1, Number(d)) / 1000)),
  ];
}

interface WrongBound {
  name: string;
  value: unknown;
  /** The value exactly on the bound, which must be accepted. */
  mended?: unknown;
}

/** Returns the least and the greatest length that a schema allows. A pattern such as `^[0-9]{1,20}$` may set them. */
function lengthsOf({ minLength, maxLength, pattern }: Schema): { least: number | undefined; most: number | undefined } {
  const [, least, most] = /^\^\[[^\]]+\]\{(\d+),(\d+)\}\$$/.exec(pattern ?? '') ?? [];
  return {
    least: minLength ?? ((least && Number(least)) as number | undefined),
    most: maxLength ?? ((most && Number(most)) as number | undefined),
  };
}

function wrongBounds(schema: Schema, sent: unknown, place: 'header' | 'query' | 'path' | 'body'): WrongBound[] {
  const { minimum, maximum } = schema;
  const bounds: WrongBound[] = [];
  if (minimum !== undefined)
    bounds.push({ name: `${minimum - 1}, below ${minimum}`, value: minimum - 1, mended: minimum });
  if (minimum !== undefined) bounds.push({ name: 'far below its minimum', value: -2_147_483_649, mended: minimum });
  if (maximum !== undefined)
    bounds.push({ name: `${maximum + 1}, above ${maximum}`, value: maximum + 1, mended: maximum });
  for (const value of maximum === undefined ? [] : [2n ** 32n + 1n, 2n ** 63n + 1n, 2n ** 64n + 1n]) {
    bounds.push({
      name: `${value}, which some integers cannot hold`,
      value: place === 'body' ? Number(value) : value,
      mended: maximum,
    });
  }
  if (schema.type !== 'string') return bounds;
  const { least, most } = lengthsOf(schema);
  const char = String(sent)[0] ?? 'x';
  // Counted in code points (JSON Schema Validation 2020-12, section 6.3.1).
  if (most !== undefined) {
    bounds.push({ name: `of ${most + 1} characters`, value: char.repeat(most + 1), mended: char.repeat(most) });
  }
  if (least !== undefined && (least > 1 || place === 'body')) {
    bounds.push({ name: `of ${least - 1} characters`, value: char.repeat(least - 1), mended: char.repeat(least) });
  }
  return bounds;
}

function bodyFaults(call: Call, { schema, pointer, required: isMandatory }: Body): Fault[] {
  const body = bodyOf(call) as Record<string, unknown>;
  const text = JSON.stringify(body);
  const { properties = {}, required = [] } = schema;
  const isRequired = (name: string): boolean => required.includes(name);
  const whole = isMandatory
    ? [{ kind: 'missing-refused' as const, name: 'body left out', pointer, call: withBody(call, undefined) }]
    : [];
  return [
    ...whole,
    ...Object.entries(properties).flatMap(([name, property]) =>
      fieldFaults(call, name, property, isRequired(name), `${pointer}${pointerTo('properties', name)}`),
    ),
    ...malformed(text).map(([name, bytes]) => ({
      kind: 'malformed-body-refused' as const,
      name: `a body that is ${name}`,
      pointer,
      call: withBody(call, bytes),
    })),
    ...[null, [], [body], text, 1, true].map((value) => ({
      kind: 'body-shape-refused' as const,
      name: `a body that is ${value === null ? 'null' : Array.isArray(value) ? `an array of ${value.length}` : `a ${typeof value}`}`,
      pointer,
      call: withBody(call, value),
    })),
    ...contentTypeFaults(call),
  ];
}

/** Wrong values for a field of each type: one of every other type. */
const wrongTypes: Record<string, unknown[]> = {
  string: [1, 1.5, true, null, [], {}],
  integer: ['1', 1.5, true, null, [], {}],
  number: ['1', true, null, [], {}],
  boolean: ['true', 1, null, [], {}],
  object: ['{}', 1, null, []],
  array: ['[]', 1, null, {}],
};

/** Texts that are not JSON (RFC 8259). */
const notJson = [
  '{',
  '{"a":1,}',
  "{'a':1}",
  'undefined',
  'NaN',
  '[1,]',
  '"open',
  '{"a":1}}',
  ' ',
  '01',
  '1 2',
  '1,',
  '1\0',
  '1\ufeff',
];

/** JSON with half of a surrogate pair: only the errata decide that it is refused. */
const halfSurrogates = ['"\ud800"', '{"\udc00":1}'];

function fieldFaults(call: Call, name: string, schema: Schema, isRequired: boolean, pointer: string): Fault[] {
  const body = bodyOf(call) as Record<string, unknown>;
  const sent = body[name] ?? schema.example;
  const set = (value: unknown): Call => withFields(call, { [name]: value });
  const what = `body.${name}`;
  const faults: Fault[] = [];
  if (isRequired) {
    faults.push({ kind: 'missing-refused', name: `${what} left out`, pointer, call: set(undefined) });
  }
  if (schema.type === 'string') faults.push({ kind: 'empty-refused', name: `${what} empty`, pointer, call: set('') });
  const wrong = [...(wrongTypes[schema.type ?? ''] ?? [])];
  // The vendor's example makes this mistake: the digits of the right text, without quotes.
  if (schema.type === 'string' && /^\d+$/.test(String(sent))) wrong.push(Number(sent));
  if (schema.type === 'string') wrong.push([sent], { value: sent });
  for (const value of wrong) {
    faults.push({ kind: 'wrong-type-refused', name: `${what} ${JSON.stringify(value)}`, pointer, call: set(value) });
  }
  for (const { name: bound, value, mended } of wrongBounds(schema, sent, 'body')) {
    const isMendable = !schema['x-made-by'] && mended !== undefined;
    const fault = { kind: 'bounds-refused' as const, name: `${what} ${bound}`, pointer, call: set(value) };
    faults.push({ ...fault, ...(isMendable && { twin: set(mended) }) });
  }
  for (const value of schema.enum ? wrongEnum(schema.enum) : []) {
    faults.push({ kind: 'enum-refused', name: `${what} ${JSON.stringify(value)}`, pointer, call: set(value) });
  }
  if (schema.pattern !== undefined) {
    for (const value of wrongForPattern(String(sent))) {
      faults.push({ kind: 'pattern-refused', name: `${what} ${quoted(value)}`, pointer, call: set(value) });
    }
  }
  if (schema.contentMediaType === 'application/json') {
    for (const [value, place] of [
      ...notJson.map((text) => [text, pointer] as const),
      ...halfSurrogates.map((text) => [text, 'errata.md#e27'] as const),
    ]) {
      const name = `${what} ${JSON.stringify(value)}`;
      faults.push({ kind: 'json-string-refused', name, pointer: place, call: set(value) });
    }
  }
  return faults;
}

function malformed(text: string): [name: string, bytes: Buffer][] {
  const inner = text.slice(1, -1);
  const utf8 = Buffer.from(`{"\u00e9":1${inner && ','}${inner}}`);
  const latin1 = Buffer.from(utf8.toString(), 'latin1');
  const texts: [string, string][] = [
    ['not JSON', 'moduleCode=101'],
    ['an open brace', '{'],
    ['cut off', text.slice(0, -1)],
    ['JSON with a comma too many', `{${inner}${inner && ','}"x":1,}`],
    ['JSON with a brace too many', `${text}}`],
    ['two JSON texts', `${text}${text}`],
    ['JSON with names in single quotes', `{'x':1${inner && ','}${inner}}`],
    ['JSON with NaN', `{"x":NaN${inner && ','}${inner}}`],
    ['JSON with a comment', `/* */${text}`],
    ['JSON with a line feed in a string', `{"x":"\n"${inner && ','}${inner}}`],
    ['white space', ' \n '],
    ...['x', ',', ']', '//', '\0', '\u00a0', '\ufeff', 'null'].map((end): [string, string] => [
      `JSON followed by ${JSON.stringify(end)}`,
      text + end,
    ]),
  ];
  return [
    ...texts.map(([name, wrong]): [string, Buffer] => [name, Buffer.from(wrong)]),
    ['JSON in Latin-1', latin1],
    ['JSON in UTF-16', Buffer.from(text, 'utf16le')],
    ...notUtf8(text, inner),
  ];
}

/** Bytes that UTF-8 does not have (RFC 3629, sections 3 and 4). */
const invalidBytes: Record<string, number[]> = {
  'a byte that no character has': [0xff],
  'the middle of a character alone': [0x80],
  'the start of a character alone': [0xe2, 0x82],
  'NUL in two bytes': [0xc0, 0x80],
  'half of a surrogate pair': [0xed, 0xa0, 0x80],
  'a character beyond Unicode': [0xf4, 0x90, 0x80, 0x80],
};

/** JSON with invalid bytes in a name, in a value, in each text that the contract has, and behind it. */
function notUtf8(text: string, inner: string): [name: string, bytes: Buffer][] {
  const rest = inner && `,${inner}`;
  const inTexts = [...text.matchAll(/"(\w+)":"/g)].map(({ 0: match, 1: name, index }): [string, string, string] => {
    const at = index + match.length;
    return [`in ${name}`, text.slice(0, at), text.slice(at)];
  });
  const places: [string, string, string][] = [
    ['in a value', '{"x":"', `"${rest}}`],
    ['in a name', '{"', `":1${rest}}`],
    ['behind it', text, ''],
    ...inTexts,
  ];
  return Object.entries(invalidBytes).flatMap(([what, bytes]) =>
    places.map(([where, before, after]): [string, Buffer] => [
      `JSON with ${what} ${where}`,
      Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]),
    ]),
  );
}

function contentTypeFaults(call: Call): Fault[] {
  const types = [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'application/octet-stream',
    'json',
  ];
  const kind = 'content-type-refused';
  const pointer = 'errata.md#e35';
  return [
    ...types.map((type): Fault => {
      const faulty = withValues(call, 'header', 'Content-Type', [type]);
      return { kind, name: `Content-Type ${type}`, pointer, call: faulty };
    }),
    {
      kind,
      name: 'Content-Encoding gzip, of a body that is not',
      pointer,
      call: withValues(call, 'header', 'Content-Encoding', ['gzip']),
    },
  ];
}

/** Returns calls to methods and paths that the contract does not have. OPTIONS and HEAD are left to HTTP itself. */
function placeFaults(call: Call): Fault[] {
  const { operation, template } = call;
  return [
    ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map(
      (method): Fault => ({
        kind: 'undocumented-method-refused',
        name: `method ${method}`,
        pointer: pointerTo('paths', operation.path),
        call: { ...call, method },
        isDocumented: false,
      }),
    ),
    ...[`${template}/none`, template.replace(/\/[^/]+$/, '/none/none/none'), `/none${template}`].map(
      (path): Fault => ({
        kind: 'undocumented-path-refused',
        name: `path ${path}`,
        pointer: '/paths',
        call: { ...call, template: path },
        isDocumented: false,
      }),
    ),
  ];
}
