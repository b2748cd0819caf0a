import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import draft06 from 'ajv/dist/refs/json-schema-draft-06.json' with { type: 'json' };
import addFormats from 'ajv-formats';
import harSchemas from 'har-schema';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../src/findings/report.ts';
import { createHarFile, type HarEntry } from '../src/formats/har.ts';
import type { World } from './faulty-providers.ts';
import type { Wrapper } from './provider.ts';
import { type Reference, startReference } from './run-against.ts';

/** Reveals every credential, in each part of an answer. */
const talkative: Wrapper = async (request, forward) => {
  const answer = await forward(request);
  const authorization = request.headers.find(([name]) => name === 'Authorization')?.[1] ?? '';
  const told = `${answer.body}`.replace('"msg":"', `"msg":${JSON.stringify(authorization)},"was":"`);
  const isWide = request.method === 'PATCH';
  return {
    ...answer,
    headers: [...answer.headers, ['X-Who', authorization], ['Set-Cookie', 'session=of-a-gateway']],
    body: Buffer.from(told, isWide ? 'utf16le' : 'utf8'),
  };
};

let reference: Reference;
let folder: string;
let world: World;
let report: Report;
let text: string;
let entries: HarEntry[];

beforeAll(async () => {
  reference = await startReference();
  folder = await mkdtemp(join(tmpdir(), 'koodrive-'));
  const file = join(folder, 'run.har');
  const har = createHarFile(file, '0.1.0');
  const only = [
    'answer-json',
    'no-disclosure',
    'no-credential-refused',
    'malformed-body-refused',
    'harmless',
    'token-wrong-refused',
    'token-expired-refused',
    'signature-secret',
    'signature-form',
    'lock-parallel',
    'others-private',
  ];
  report = await reference.run({ only, seed: 1, onExchange: (entry) => har.add(entry) }, (known) => {
    world = known;
    return talkative;
  });
  har.close();
  text = await readFile(file, 'utf8');
  entries = JSON.parse(text).log.entries;
});
afterAll(async () => {
  await reference.close();
  await rm(folder, { recursive: true });
});

it('is valid by the schema of HAR', () => {
  const ajv = new Ajv({ strict: false });
  (addFormats as unknown as (ajv: Ajv) => void)(ajv);
  ajv.addMetaSchema(draft06);
  for (const schema of Object.values(harSchemas)) ajv.addSchema(schema);
  const validate = ajv.getSchema('har.json');
  if (!validate) throw new Error('har-schema has no har.json');
  expect(validate(JSON.parse(text)), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  expect(validate({ log: { version: '1.2', creator: {}, entries: [] } })).toBe(false);
});

it('has every request of the run, each with its number, its operation and its purpose', () => {
  const numbers = entries.map(({ comment }) => Number(/^request (\d+), \w+, (for|to) /.exec(comment)?.[1]));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: report.requests }, (_, i) => i + 1));
  const purposes = new Set(entries.map(({ comment }) => comment.replace(/^[^,]+, \w+, /, '')));
  for (const purpose of ['to see who answers', 'for the check lock-parallel', 'to clean up']) {
    expect(purposes).toContain(purpose);
  }
});

it('has the request of a violation under its number', () => {
  const { check, violations = [] } = report.results.find(({ violations }) => violations[0]?.curl) ?? {};
  const entry = entries.find(({ comment }) => comment.startsWith(`request ${violations[0]?.request},`));
  expect(entry, check).toBeDefined();
  const [url = ''] = (entry?.request.url ?? '').split('{');
  expect(violations[0]?.curl).toContain(url);
});

it('shows no credential of a run, in the archive or in the report', () => {
  const { token, app, other, expiredToken } = world;
  // UTF-16 is UTF-8 with a NUL after each character.
  const wide = entries.map(({ response }) => response.content.text).filter((body) => body.includes('\0'));
  expect(wide.filter((body) => body.includes('***')).length).toBeGreaterThan(5);
  const all = [text, ...wide.map((body) => body.replaceAll('\0', '')), JSON.stringify(report)].join('\n');
  for (const secret of [token, app.appSecret, other.token, expiredToken]) {
    expect(all.includes(secret)).toBe(false);
    // The texts that checks derive from such an answer must not reveal it either.
    expect(all.includes(secret.slice(0, -1))).toBe(false);
  }
  expect(all).not.toMatch(/Signature=[0-9a-f]/);
  expect(all).not.toContain('of-a-gateway');
});

it('has the times, and how much of a body was left out', () => {
  for (const { time, timings } of entries) {
    expect(timings.wait + timings.receive).toBeCloseTo(time, 5);
    expect(timings.receive).toBeGreaterThanOrEqual(0);
  }
  const large = entries.filter(({ request }) => request.bodySize > 3_000_000);
  expect(large.length).toBeGreaterThan(2);
  for (const { request } of large) {
    expect(request.postData?.comment).toBe(`the first 65536 of ${request.bodySize} bytes`);
    expect(request.postData?.text).toHaveLength(65_536);
  }
});

it('holds a binary body in Base64', () => {
  const bodies = entries.flatMap(({ request: { postData } }) => (postData?._encoding ? [postData.text] : []));
  expect(bodies.some((body) => Buffer.from(body, 'base64').includes(0xff))).toBe(true);
});
