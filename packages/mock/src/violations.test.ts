import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { rawRequest, sendRaw } from '@koodrive-backup/testkit/raw-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Change,
  created,
  refusal,
  refused,
  send,
  validBody,
  validHead,
  validHeaders,
  validText,
} from '../test/requests.ts';
import { type Mock, startMock } from './index.ts';

const { schemas } = contract.components;
let mock: Mock;
beforeAll(async () => {
  mock = await startMock();
});
afterAll(() => mock.close());

describe("the page's example", () => {
  const errata = readFileSync(fileURLToPath(import.meta.resolve('@koodrive-backup/spec/errata.md')), 'utf8');
  const [, example = '', reasons = ''] = /```http\n(.*?)\n```\n(.*?)\n## /s.exec(errata) ?? [];

  it('is refused, verbatim, with exactly the violations that the errata list', async () => {
    const expected = [...reasons.matchAll(/^- `(.*?)`/gm)].map(([, violation]) => violation);
    expect(expected).not.toEqual([]);

    const [head = '', ...body] = example.split('\n\n');
    const [requestLine, ...headers] = head.split('\n');
    const request = rawRequest([`${requestLine} HTTP/1.1`, 'Host: localhost', ...headers], body.join('\n\n'));
    expect(await refused(await sendRaw(mock.url, request), 400)).toBe(expected.join('; '));
  });

  it('is accepted once it is corrected', async () => {
    const answer = await send(mock.url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual(created);
  });
});

describe('headers', () => {
  it.each(['', undefined])('a credential that is %j is 401, whatever else is wrong', async (Authorization) => {
    const change = { headers: { Authorization, 'X-Date': '', 'Content-Type': 'text/plain' }, body: '{' };
    expect(await refusal(mock, 401, change)).toBe('header.Authorization is missing or empty');
  });

  const names = Object.keys(validHeaders).filter((name) => !['Authorization', 'Content-Type'].includes(name));

  it.each(names)('%s is named if it is missing or empty', async (name) => {
    expect(await refusal(mock, 400, { headers: { [name]: undefined } })).toBe(`header.${name} is missing or empty`);
    expect(await refusal(mock, 400, { headers: { [name]: '' } })).toBe(`header.${name} is missing or empty`);
  });

  it.each(names)('%s must match its pattern', async (name) => {
    expect(await refusal(mock, 400, { headers: { [name]: 'a b' } })).toMatch(`header.${name} must match pattern "`);
  });

  it.each(Object.keys(validHeaders))('%s must be sent once', async (name) => {
    const request = rawRequest([...validHead, `${name}: ${validHeaders[name]}`], validText);
    expect(await refused(await sendRaw(mock.url, request), 400)).toBe(`header.${name} must be sent once`);
  });
});

describe('content type', () => {
  it.each([undefined, 'application/json', 'Application/JSON; charset="UTF-8"', 'application/json;charset=utf-8'])(
    '%j is read as JSON',
    async (type) => {
      expect((await send(mock.url, { headers: { 'Content-Type': type } })).status).toBe(200);
    },
  );

  it.each([
    '',
    'text/plain',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'application/xml',
    ';',
  ])('%j is 415', async (type) => {
    const msg = await refusal(mock, 415, { headers: { 'Content-Type': type } });
    expect(msg).toBe('header.Content-Type must be application/json, in UTF-8');
  });

  it('Content-Type is ignored if the operation has no body', async () => {
    const target = '/koodrive/ose/v1/backup/device';
    const change = { method: 'GET', target, headers: { 'Content-Type': 'text/plain' } };
    expect((await send(mock.url, change)).status).toBe(200);
  });

  it('a compressed body is 415', async () => {
    const msg = await refusal(mock, 415, { headers: { 'Content-Encoding': 'gzip' } });
    expect(msg).toBe('header.Content-Encoding must be identity');
  });
});

describe('body', () => {
  it.each<[string, NonNullable<Change['body']>, string]>([
    ['empty', '', 'body is missing'],
    ['malformed', '{"deviceId":}', "body is not JSON: Unexpected token '}'"],
    [
      'truncated',
      '{"deviceId":"secret-token',
      'body is not JSON: Unterminated string in JSON at position 25 (line 1 column 26)',
    ],
    ['not JSON at all', 'secret-token', "body is not JSON: Unexpected token 's'"],
    ['not JSON, on several lines', '{\n  "token":\nsecret-token\n}', "body is not JSON: Unexpected token 's'"],
    ['a bare word', 'undefined', 'body is not JSON: unexpected text'],
    ['a NUL byte', '\0', "body is not JSON: Unexpected token '\0'"],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'body is not JSON: it is not UTF-8'],
    ['nested 100,000 deep', '['.repeat(1e5) + ']'.repeat(1e5), 'body must be object'],
    ['nested 100,000 deep and truncated', '['.repeat(1e5), 'body is not JSON: Unexpected end of JSON input'],
    ['null', 'null', 'body must be object'],
  ])('%s', async (_, body, msg) => {
    expect(await refusal(mock, 400, { body })).toBe(msg);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a property that is missing', { deviceId: undefined }, 'body.deviceId is missing'],
    ['a number instead of a string', { deviceId: 1 }, 'body.deviceId must be string'],
    ['an empty string', { deviceId: '' }, `body.deviceId must match pattern "${schemas.DeviceId.pattern}"`],
    [
      'a value outside the enumeration',
      { moduleCode: 'none of them' },
      `body.moduleCode must be equal to one of the allowed values: ${schemas.ModuleCode.enum.join(', ')}`,
    ],
    ['JSON in a string that is not JSON', { properties: "{'a':1}" }, 'body.properties must be a JSON document'],
    ['a nested value', { deviceId: JSON.parse('['.repeat(1e4) + ']'.repeat(1e4)) }, 'body.deviceId must be string'],
  ])('%s', async (_, change, msg) => {
    expect(await refusal(mock, 400, { body: { ...validBody, ...change } })).toBe(msg);
  });

  it('the answer names all violations, in the order of the contract', async () => {
    const change = {
      headers: { 'X-User-Id': '', 'x-backup-lock-id': undefined },
      body: { deviceId: 1, properties: '{' },
    };
    expect(await refusal(mock, 400, change)).toBe(
      [
        'header.x-backup-lock-id is missing or empty',
        'header.X-User-Id is missing or empty',
        'body.moduleCode is missing',
        'body.deviceId must be string',
        'body.properties must be a JSON document',
      ].join('; '),
    );
  });

  it('fields that the contract does not name are accepted', async () => {
    expect((await send(mock.url, { body: { ...validBody, more: [1] } })).status).toBe(200);
  });
});
