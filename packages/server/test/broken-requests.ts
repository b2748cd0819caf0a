import { METHODS } from 'node:http';
import fc from 'fast-check';
import { percentEncoded } from './signing.ts';

/** The parts of a request just before it is sent. */
export interface Wire {
  method: string;
  /** Not encoded yet, like the query. */
  segments: string[];
  query: [name: string, value: string][];
  headers: [name: string, value: string][];
  body: Buffer;
  /** Text that is appended to the target without encoding. */
  end?: string;
}

/** A way to break a request. */
export interface Break {
  name: string;
  /** Whether the request is sure to be refused, if no other break follows. */
  isFatal: boolean;
  apply(wire: Wire): Wire;
}

/** The target of a request. */
export function targetOf({ segments, query, end = '' }: Wire): string {
  const pairs = query.map((pair) => pair.map(percentEncoded).join('='));
  return `/${segments.map(percentEncoded).join('/')}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}${end}`;
}

const huge = 'a'.repeat(3000);
const oddTexts = [
  ...['', ' ', '\t', '\0', '\n', 'ü', '👩‍👩‍👧', '-1', '0', '1e9', '9'.repeat(30), '0.5', 'null', '[object Object]'],
  ...["' OR 1=1 --", '../..', '%', '%00', '__proto__', 'constructor', huge],
];
const oddHeaders = oddTexts.filter((text) => /^[\t -~\u0080-\u00ff]*$/.test(text));
const oddValues: unknown[] = [
  ...oddTexts,
  null,
  true,
  -1,
  0.5,
  1e300,
  [],
  {},
  [[]],
  { toString: 1 },
  '\ud800',
  huge.repeat(100),
];
const credentials = [
  '',
  'Bearer wrong',
  'AT ',
  'Negotiate x',
  `HMAC-SHA256 AppId=a,SignedHeaders=x-date;x-user-id,Signature=${'0'.repeat(64)}`,
];
const times = ['20010101T000000Z', '29991231T235959Z', '20260230T000000Z', '20261323T456789Z', 'now', ''];
const users = ['nobody', '0', 'a, b', ''];
const types = ['text/plain', 'application/json; charset=utf-16', ';', 'multipart/form-data', '*/*', ''];

const index = fc.nat();
const text = fc.constantFrom(...oddTexts);
const value = fc.constantFrom(...oddValues);

/** Every known way to break a request: parts that are missing, empty, odd, repeated, huge, or malformed. */
export const anyBreak: fc.Arbitrary<Break> = fc.oneof(
  index.map((i) => of(`header ${i} dropped`, (wire) => headers(wire, i, () => []))),
  index.map((i) => of(`header ${i} repeated`, (wire) => headers(wire, i, (it) => [it, it]))),
  fc
    .tuple(index, fc.constantFrom(...oddHeaders))
    .map(([i, odd]) => of(`header ${i} is ${short(odd)}`, (wire) => headers(wire, i, ([name]) => [[name, odd]]))),
  fc.constantFrom(...types).map((type) => of(`Content-Type is ${type}`, (wire) => header(wire, 'Content-Type', type))),
  fc
    .constantFrom('gzip', 'br, gzip')
    .map((it) => of(`Content-Encoding is ${it}`, (wire) => header(wire, 'Content-Encoding', it))),
  fc
    .constantFrom(...credentials)
    .map((it) => fatal(`Authorization is ${it}`, (wire) => header(wire, 'Authorization', it))),
  fc.constantFrom(...times).map((it) => fatal(`X-Date is ${it}`, (wire) => header(wire, 'X-Date', it))),
  fc.constantFrom(...users).map((it) => fatal(`X-User-Id is ${it}`, (wire) => header(wire, 'X-User-Id', it))),

  index.map((i) => of(`query ${i} dropped`, (wire) => query(wire, i, () => []))),
  index.map((i) => of(`query ${i} repeated`, (wire) => query(wire, i, (it) => [it, it]))),
  fc
    .tuple(index, text)
    .map(([i, odd]) => of(`query ${i} is ${short(odd)}`, (wire) => query(wire, i, ([name]) => [[name, odd]]))),
  fc
    .tuple(index, text)
    .map(([i, odd]) =>
      of(`segment ${i} is ${short(odd)}`, (wire) => ({ ...wire, segments: changed(wire.segments, i, () => [odd]) })),
    ),
  fc
    .constantFrom('%', '%ff', '/', '//', '?', '#a', ';a=b', '/..')
    .map((end) => of(`target ends in ${end}`, (wire) => ({ ...wire, end }))),
  // Not CONNECT, because node:http's client treats that differently.
  fc
    .constantFrom(...METHODS.filter((name) => name !== 'CONNECT'))
    .map((method) => of(`method is ${method}`, (wire) => ({ ...wire, method }))),

  index.map((i) => of(`field ${i} dropped`, (wire) => fields(wire, i, () => []))),
  fc
    .tuple(index, value)
    .map(([i, odd]) => of(`field ${i} is ${short(odd)}`, (wire) => fields(wire, i, ([name]) => [[name, odd]]))),
  value.map((odd) => of(`body is ${short(odd)}`, (wire) => ({ ...wire, body: Buffer.from(JSON.stringify(odd)) }))),
  fc.constant(of('body is cut', (wire) => ({ ...wire, body: wire.body.subarray(0, wire.body.length / 2) }))),
  fc.constant(of('body is empty', (wire) => ({ ...wire, body: Buffer.alloc(0) }))),
  fc.constant(of('body is no UTF-8', (wire) => ({ ...wire, body: Buffer.concat([wire.body, Buffer.of(0xff)]) }))),
  fc.constant(fatal('body is too large', (wire) => ({ ...wire, body: Buffer.alloc(1_048_577, ' ') }))),
  fc
    .uint8Array({ minLength: 1 })
    .map((bytes) => of('body is any bytes', (wire) => ({ ...wire, body: Buffer.from(bytes) }))),
);

type Apply = Break['apply'];
type Pair = [name: string, value: string];

function of(name: string, apply: Apply): Break {
  return { name, isFatal: false, apply };
}

function fatal(name: string, apply: Apply): Break {
  return { name, isFatal: true, apply };
}

function headers(wire: Wire, at: number, change: (pair: Pair) => Pair[]): Wire {
  return { ...wire, headers: changed(wire.headers, at, change) };
}

function header(wire: Wire, name: string, value: string): Wire {
  const others = wire.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...wire, headers: [...others, [name, value]] };
}

function query(wire: Wire, at: number, change: (pair: Pair) => Pair[]): Wire {
  return { ...wire, query: changed(wire.query, at, change) };
}

function fields(wire: Wire, at: number, change: (field: [string, unknown]) => [string, unknown][]): Wire {
  const body = parsed(wire.body);
  if (typeof body !== 'object' || body === null) return wire;
  const entries = changed(Object.entries(body), at, change);
  return { ...wire, body: Buffer.from(JSON.stringify(Object.fromEntries(entries))) };
}

/** Returns `undefined` if another break has left no JSON. */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** Changes one of the items, whatever their number. */
function changed<Item>(items: Item[], at: number, change: (item: Item) => Item[]): Item[] {
  return items.flatMap((item, i) => (i === at % items.length ? change(item) : [item]));
}

function short(odd: unknown): string {
  return `${JSON.stringify(odd)}`.slice(0, 40);
}
