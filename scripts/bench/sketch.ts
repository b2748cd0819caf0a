// `node sketch.ts FILE`: the smallest program that stores records on disk, a reference for `pnpm bench server`. It has
// Fastify with its validation, one hash for each request, and one commit for all requests of a turn of the event loop.
// It has no users, no locks and no log.
import { hash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { exampleCall } from '@koodrive-backup/compare/measure';
import { readContract, type Schema } from '@koodrive-backup/spec/contract';
import fastify from 'fastify';

const { contract, path } = await exampleCall();
const { CreateBackupRecordResponse: example } = contract.components.examples;
const operation = readContract(contract).operations.find((one) => one.path === path && one.method === 'POST');
if (!operation?.body) throw new Error(`the contract has no POST ${path} with a body`);
const { schema } = operation.body;
const names = Object.keys(schema.properties ?? {});

const database = new DatabaseSync(process.argv[2] ?? '');
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE records (id INTEGER PRIMARY KEY, hash TEXT, ${names.join(', ')})`);
const [begin, commit] = ['BEGIN IMMEDIATE', 'COMMIT'].map((sql) => database.prepare(sql));
const insert = database.prepare(
  `INSERT INTO records (hash, ${names.join(', ')}) VALUES (?${', ?'.repeat(names.length)})`,
);

let arrived: { values: string[]; done: () => void }[] = [];

function keep(): void {
  const kept = arrived;
  arrived = [];
  begin?.run();
  for (const { values } of kept) insert.run(...values);
  commit?.run();
  for (const { done } of kept) done();
}

/** Keeps only the keywords of a schema that Fastify needs to serialize a value. */
function forWriting(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map(forWriting);
  const written = ['type', 'required', 'items'];
  const { properties, ...keywords } = node as Schema;
  const kept = Object.entries(keywords).filter(([name]) => written.includes(name));
  return {
    ...mapValues(Object.fromEntries(kept), forWriting),
    ...(properties && { properties: mapValues(properties, forWriting) }),
  };
}

function mapValues(object: object, map: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}

const app = fastify({ ajv: { customOptions: { strict: false } } });
app.route({
  method: 'POST',
  url: path,
  schema: {
    body: schema,
    response: { 200: forWriting(operation.responses['200']?.schema) },
  },
  handler: ({ headers, body }) =>
    new Promise((resolve) => {
      if (arrived.length === 0) setImmediate(keep);
      const values = names.map((name) => (body as Record<string, string>)[name] ?? '');
      const done = (): void => resolve({ ...example.value, data: { ...example.value.data, ...(body as object) } });
      arrived.push({ values: [hash('sha256', headers.authorization ?? ''), ...values], done });
    }),
});
app.server.listen(0, '127.0.0.1');
await Promise.all([app.ready(), once(app.server, 'listening')]);
console.log((app.server.address() as AddressInfo).port);
