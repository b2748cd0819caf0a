import vectors from '@koodrive-backup/spec/app-signature-vectors.json' with { type: 'json' };
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AppCredential, appSignature } from './app-signature.ts';
import type { UnauthorizedRequest } from './auth.ts';

const [v1] = vectors.vectors;
if (v1 === undefined) throw new Error('The vectors are missing.');
const appId = 'a378331eca141163119eb602adb67b7802cc79cd33ba44c7d2fe61d1586c96a1';
const requestOf = (
  changes: Partial<Record<'method' | 'url' | 'body', string>> & { headers?: object } = {},
): UnauthorizedRequest => ({
  method: changes.method ?? v1.method,
  url: changes.url ?? v1.url,
  headers: new Headers({ ...v1.headers, ...changes.headers }),
  body: changes.body ?? v1.body,
});
const context = { userId: '7', signal: new AbortController().signal };
const auth = appSignature({ appId, appSecret: vectors.appSecret });

describe('appSignature', () => {
  it('signs vector V1 in the form of the vendor’s worked header', async () => {
    expect(await auth.authorize(requestOf(), context)).toBe(
      `HMAC-SHA256 AppId=${appId},SignedHeaders=host;x-date;x-user-id,Signature=${v1.signature}`,
    );
  });

  it.each([
    ['the method', requestOf({ method: 'PUT' })],
    ['the path', requestOf({ url: `${v1.url}s` })],
    ['the query', requestOf({ url: `${v1.url}?a=1` })],
    ['the host', requestOf({ url: v1.url.replace('example', 'sample') })],
    ['the time', requestOf({ headers: { 'x-date': '20251103T070141Z' } })],
    ['the user', requestOf({ headers: { 'x-user-id': '2' } })],
    ['the body', requestOf({ body: `${v1.body} ` })],
  ])('signs differently when %s differs', async (_part, request) => {
    expect(await auth.authorize(request, context)).not.toContain(v1.signature);
  });

  it.each([
    ['an empty id', { appId: '', appSecret: 's' }],
    ['an id with a comma', { appId: 'a,b', appSecret: 's' }],
    ['an id with a line feed', { appId: 'a\nb', appSecret: 's' }],
    ['an empty secret', { appId: 'a', appSecret: '' }],
  ])('refuses %s', (_what, credential) => {
    expect(() => appSignature(credential)).toThrow(TypeError);
  });

  afterEach(() => void vi.unstubAllGlobals());

  it.each([undefined, {}, { subtle: undefined }])('says what is missing if crypto is %j', (crypto) => {
    vi.stubGlobal('crypto', crypto);
    expect(() => appSignature({ appId: 'a', appSecret: 's' })).toThrow(
      'crypto.subtle is missing: browsers have it only in secure contexts',
    );
  });

  it.each([
    [{ appId: 'a,b', appSecret: 's' }, 'appId must not contain a comma'],
    [{ appId: 7, appSecret: 's' }, 'appId must be a non-empty string of visible ASCII without spaces'],
    [{ appId: 'a', appSecret: '' }, 'appSecret must be a non-empty string'],
    [{ appId: 'a', appSecret: 7 }, 'appSecret must be a non-empty string'],
  ])('says what is wrong with %j', (credential, message) => {
    expect(() => appSignature(credential as AppCredential)).toThrow(message);
  });

  it('imports its secret as a key that cannot be read again', () => {
    const importKey = vi.spyOn(crypto.subtle, 'importKey');
    appSignature({ appId: 'a', appSecret: 'hush' });
    expect(importKey).toHaveBeenCalledWith('raw', expect.anything(), expect.anything(), false, ['sign']);
    importKey.mockRestore();
  });

  it('signs a request without a body as one with an empty body', async () => {
    const { body: _, ...request } = requestOf();
    const signed = await auth.authorize({ ...request, body: undefined }, context);
    expect(signed).toBe(await auth.authorize({ ...request, body: '' }, context));
  });

  it('never shows the secret in an error', () => {
    expect(() => appSignature({ appId: '', appSecret: 'hush' })).toThrow(/^(?!.*hush)/);
  });
});
