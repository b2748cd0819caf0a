import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { maxBodyBytes } from '@koodrive-backup/spec/front';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { rawRequest, sendRaw } from '@koodrive-backup/testkit/raw-http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  created,
  path,
  refusal,
  refused,
  send,
  validBody,
  validHead,
  validLines,
  validText,
} from '../test/requests.ts';
import { type Mock, startMock } from './index.ts';

const { examples } = contract.components;
let mock: Mock;
beforeAll(async () => {
  mock = await startMock();
});
afterEach(async () => {
  expect(await (await send(mock.url)).json(), 'the mock still serves').toEqual(created);
});
afterAll(() => mock.close());

describe('selection', () => {
  it.each<[string, number, unknown]>([
    ['code=400', 400, examples.ParameterCheckFailed.value],
    ['code=401', 401, examples.NotAuthorised.value],
    ['code=500', 500, examples.InternalServiceCallFailed.value],
    ['code=409', 409, examples.LockNotLive.value],
    ['code=429', 429, { code: 429, msg: 'Too Many Requests' }],
    ['code=599', 599, { code: 599, msg: 'status 599' }],
    ['code=429, example=busy', 429, examples.Busy.value],
    ['example=everyField', 200, examples.CreateBackupRecordResponseEveryField.value],
    ['code=200, example=everyField', 200, examples.CreateBackupRecordResponseEveryField.value],
    ['unknown=1', 200, created],
    ['"', 200, created],
    ['constructor, __proto__=1;;=', 200, created],
  ])('Prefer: %s', async (prefer, status, expected) => {
    const answer = await send(mock.url, { headers: { Prefer: prefer } });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual(expected);
  });

  it.each([
    ['__code=401', 401],
    ['__example=everyField', 200],
    ['__dynamic=true', 200],
    ['__proto__=1', 200],
    ['a=%00', 200],
    ['%ZZ=%00', 400],
  ])('?%s', async (query, status) => {
    expect((await send(mock.url, { target: `${path}?${query}` })).status).toBe(status);
  });

  it('Prefer: dynamic=true generates the same answer for the same seed', async () => {
    const texts = ['a', 'a', 'b'].map(async (seed) =>
      (await send(mock.url, { headers: { Prefer: `dynamic=true, seed=${seed}` } })).text(),
    );
    const [first, same, other] = await Promise.all(texts);
    expect(same).toBe(first);
    expect(other).not.toBe(first);
  });

  it.each([
    ['code=abc', 400, 'header.Prefer: optional property "code": cannot decode "abc", should be a number'],
    ['dynamic=maybe', 400, 'header.Prefer: optional property "dynamic": cannot decode "maybe", should be a boolean'],
    ['code=101', 400, 'header.Prefer: code must be from 200 to 599'],
    ['code=000', 400, 'header.Prefer: code must be from 200 to 599'],
    ['example=none', 404, 'header.Prefer: the answer 200 has no example "none"; it has page, everyField'],
    ['code=200, example=none', 404, 'header.Prefer: the answer 200 has no example "none"; it has page, everyField'],
    [
      'code=401, example=everyField',
      404,
      'header.Prefer: the answer 401 has no example "everyField"; it has notAuthorised',
    ],
    ['code=418, example=everyField', 404, 'header.Prefer: the answer 418 has no example "everyField"; it has '],
    ['example=busy', 404, 'header.Prefer: the answer 200 has no example "busy"; it has page, everyField'],
  ])('Prefer: %s is refused', async (prefer, status, msg) => {
    expect(await refusal(mock, status, { headers: { Prefer: prefer } })).toMatch(msg);
  });

  it('?__code=401&__example=everyField is refused too', async () => {
    const target = `${path}?__code=401&__example=everyField`;
    expect(await refusal(mock, 404, { target })).toBe(
      'query: the answer 401 has no example "everyField"; it has notAuthorised',
    );
  });

  it('does not make a refused request succeed', async () => {
    expect(await refusal(mock, 400, { headers: { Prefer: 'code=200', 'X-Date': '' } })).toBe(
      'header.X-Date is missing or empty',
    );
  });

  it('Accept decides for its own request only', async () => {
    for (const Accept of ['text/html', '*/*;q=0', 'application/json;q=0, */*', 'text/html, */*;q=0.0']) {
      const msg = await refusal(mock, 406, { headers: { Accept } });
      expect(msg, Accept).toBe('header.Accept must allow a media type of the answer');
    }
    expect(await refusal(mock, 406, { headers: { Accept: 'nonsense' } })).toBe(
      'header.Accept must be a list of media types',
    );
    for (const Accept of ['*/*', 'text/html, application/json;q=0.5', 'application/*']) {
      expect((await send(mock.url, { headers: { Accept } })).status).toBe(200);
    }
  });
});

describe('cross-origin', () => {
  it('allows the method and headers that a preflight asks for', async () => {
    const headers = {
      Origin: 'https://app.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'x-date',
    };
    const answer = await fetch(mock.url + path, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('access-control-allow-methods')).toBe('POST');
    expect(answer.headers.get('access-control-allow-headers')).toBe('x-date');
  });

  it('lets a page read answers and refusals', async () => {
    for (const change of [{}, { target: '/none' }]) {
      expect((await send(mock.url, change)).headers.get('access-control-allow-origin')).toBe('*');
    }
  });
});

describe('paths and methods', () => {
  it('an unknown path is 404', async () => {
    expect(await refusal(mock, 404, { target: '/none?token=secret-token' })).toBe('path /none is not in the contract');
  });

  it('malformed percent-encoding is 400', async () => {
    expect(await refusal(mock, 400, { target: `${path}%zz` })).toBe('path must be a path, percent-encoded in UTF-8');
    expect(await refusal(mock, 404, { target: `${path}%00` })).toBe(`path ${path}%00 is not in the contract`);
  });

  const methods = Object.keys(contract.paths[path]).map((method) => method.toUpperCase());

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('%s is 405, with Allow', async (method) => {
    const answer = await send(mock.url, { method });
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(methods.sort());
    expect(await refused(answer, 405)).toBe(`method ${method} is not in the contract for ${path}`);
  });

  it('a HEAD request gets an answer without a body', async () => {
    const answer = await fetch(mock.url + path, { method: 'HEAD' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(methods.sort());
  });

  it('accepts a whole URL as the target, as proxies send it', async () => {
    const request = rawRequest([`POST http://koodrive.example${path} HTTP/1.1`, ...validLines], validText);
    expect((await sendRaw(mock.url, request)).status).toBe(200);
  });
});

describe('requests that node:http reads, but fetch cannot send', () => {
  it.each([
    [
      'a missing Host',
      rawRequest([`POST ${path} HTTP/1.1`, ...validLines.slice(1)], validText),
      400,
      'header.Host must be sent once',
    ],
    [
      'a target that is not a path',
      rawRequest(['POST ftp://host/ HTTP/1.1', ...validLines]),
      400,
      'path must be a path, percent-encoded in UTF-8',
    ],
    [
      'TRACE',
      rawRequest([`TRACE ${path} HTTP/1.1`, ...validLines]),
      405,
      `method TRACE is not in the contract for ${path}`,
    ],
    [
      'CONNECT',
      `CONNECT host:443 HTTP/1.1\r\nHost: host\r\n\r\n${'x'.repeat(1e7)}`,
      405,
      'method CONNECT is not served',
    ],
    [
      'an expectation',
      rawRequest([...validHead, 'Expect: a-miracle'], validText),
      417,
      'header.Expect must be 100-continue',
    ],
  ])('%s', async (_, request, status, msg) => {
    expect(await refused(await sendRaw(mock.url, request), status)).toBe(msg);
  });

  it('an Upgrade is ignored', async () => {
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];
    const answer = await sendRaw(mock.url, rawRequest([...validHead, ...upgrade], validText));
    expect(JSON.parse(answer.text)).toEqual(created);
  });

  it('a chunked body', async () => {
    const chunks = `${validText.length.toString(16)}\r\n${validText}\r\n0\r\n\r\n`;
    const head = [...validHead, 'Transfer-Encoding: chunked'];
    expect((await sendRaw(mock.url, `${head.join('\r\n')}\r\n\r\n${chunks}`)).status).toBe(200);
  });
});

describe('requests that node:http cannot read', () => {
  it.each([
    ['a method that HTTP does not have', 'NONSENSE / HTTP/1.1\r\n\r\n', 400],
    ['no HTTP at all', '\0\0\0\0\r\n\r\n', 400],
    ['a NUL byte in the target', `POST /\0 HTTP/1.1\r\n\r\n`, 400],
    ['a NUL byte in a header', `${validHead.join('\r\n')}\r\nX-More: \0\r\n\r\n`, 400],
    ['a malformed chunk size', `${validHead.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['two lengths', `${validHead.join('\r\n')}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
    ['endless headers', `${validHead.join('\r\n')}\r\nX-More: ${'a'.repeat(1e7)}\r\n\r\n`, 431],
    ['a body after the body', `${rawRequest(validHead, '{}')}{}{}{}\r\n\r\n`, 400],
  ])('%s', async (_, request, status) => {
    expect(await refused(await sendRaw(mock.url, request), status)).toMatch(/^(request|header|body)/);
  });
});

describe('large bodies', () => {
  const bodyOf = (bytes: number): string => {
    const deviceId = 'x'.repeat(bytes - JSON.stringify({ ...validBody, deviceId: '' }).length);
    return JSON.stringify({ ...validBody, deviceId });
  };
  const msg = `body must not be larger than ${maxBodyBytes} bytes`;

  it('a body of just 1 MB is accepted, one byte more is 413', async () => {
    expect((await send(mock.url, { body: bodyOf(maxBodyBytes) })).status).toBe(200);
    expect(await refusal(mock, 413, { body: bodyOf(maxBodyBytes + 1) })).toBe(msg);
  });

  it('an upload of 10 MB gets its answer', async () => {
    expect(await refusal(mock, 413, { body: bodyOf(1e7) })).toBe(msg);
    expect(await refusal(mock, 404, { body: bodyOf(1e7), target: '/none' })).toBe('path /none is not in the contract');
    expect(await refusal(mock, 401, { body: bodyOf(1e7), headers: { Authorization: '' } })).toBe(
      'header.Authorization is missing or empty',
    );
  });

  it('an upload of 10 MB gets its answer with Connection: close, too, with and without a Content-Length', async () => {
    const chunk = `${(1e7).toString(16)}\r\n${'x'.repeat(1e7)}\r\n0\r\n\r\n`;
    const head = [...validHead, 'Connection: close', 'Transfer-Encoding: chunked'];
    const chunked = `${head.join('\r\n')}\r\n\r\n${chunk}`;
    expect(await refused(await sendRaw(mock.url, chunked), 413)).toBe(msg);
    const closing = rawRequest([...validHead, 'Connection: close'], bodyOf(1e7));
    expect(await refused(await sendRaw(mock.url, closing), 413)).toBe(msg);
  });

  it.each([
    [maxBodyBytes, true, 400],
    [maxBodyBytes + 1, false, 413],
  ])('a body of %i bytes with Expect: 100-continue may be sent: %s', async (bytes, mayContinue, status) => {
    const headers = {
      ...Object.fromEntries(validLines.map((line) => line.split(': '))),
      'Content-Length': bytes,
      Expect: '100-continue',
    };
    const request = httpRequest(mock.url + path, { method: 'POST', headers });
    let continued = false;
    request.on('continue', () => {
      continued = true;
      request.end('x'.repeat(bytes));
    });
    request.flushHeaders();
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(status);
    expect(continued).toBe(mayContinue);
    request.on('error', () => undefined).destroy();
  });
});

describe('clients that go away', () => {
  it.each([
    ['before the head', 'POST '],
    ['before the body', `${[...validHead, 'Content-Length: 10'].join('\r\n')}\r\n\r\n`],
    ['within the body', rawRequest(validHead, validText).slice(0, -5)],
    ['without reading', rawRequest(validHead, validText)],
    ['without reading the refusal', 'nonsense\r\n\r\n'],
    ['after CONNECT', 'CONNECT host:443 HTTP/1.1\r\nHost: host\r\n\r\n'],
  ])('%s', async (_, sent) => {
    for (const leave of ['destroy', 'resetAndDestroy', 'end'] as const) {
      const socket = connect(Number(new URL(mock.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      await new Promise((resolve) => socket.write(sent, resolve));
      socket[leave]();
    }
  });

  it('a slow client does not hold up the others', async () => {
    const socket = connect(Number(new URL(mock.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST ');
    expect((await send(mock.url)).status).toBe(200);
    const rest = rawRequest(validHead, validText).slice('POST '.length);
    socket.write(rest);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});
