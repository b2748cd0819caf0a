import { expect, expectTypeOf, it } from 'vitest';
import {
  accessToken,
  type BackupClient,
  type components,
  createBackupClient,
  decodeProperties,
  encodeProperties,
  unwrap,
} from './index.ts';

// `tsc` checks these tests. They also fail if an error that they expect does not occur.
const client: BackupClient = createBackupClient({ baseUrl: 'http://127.0.0.1', auth: accessToken('t'), userId: '1' });
const path = '/koodrive/ose/v1/backup/record';
const header = { 'x-backup-lock-id': 'lock' };
const body = { moduleCode: '101', deviceId: '1' } as const;

it('types an answer as the contract does', () => {
  const call = () => unwrap(client.POST(path, { params: { header }, body }));
  expectTypeOf(call).returns.resolves.toEqualTypeOf<components['schemas']['BackupRecord']>();
  expectTypeOf<components['schemas']['BackupRecord']['status']>().toEqualTypeOf<0 | 1 | 2>();
});

it('types a list by its items, and a success without data as nothing', () => {
  const query = { moduleCode: '101', pageSize: 100 } as const;
  const list = () => unwrap(client.GET(path, { params: { query } }));
  expectTypeOf(list).returns.resolves.toEqualTypeOf<components['schemas']['BackupRecord'][]>();
  const release = () => unwrap(client.DELETE('/koodrive/ose/v1/backup/lock', { params: { header } }));
  expectTypeOf(release).returns.resolves.toEqualTypeOf<undefined>();
});

it('accepts headers, a signal and settings for a call', () => {
  const { signal } = new AbortController();
  const settings = { headers: { 'x-a': '1' }, timeoutMs: 1, deadlineMs: 2, retry: { limit: 0 } };
  void (() => [
    client.POST(path, { params: { header }, body, signal, ...settings }),
    // A program may have a signal that is undefined, also with exactOptionalPropertyTypes.
    client.POST(path, { params: { header }, body, signal: undefined, timeoutMs: undefined, retry: undefined }),
  ]);
});

it('types properties as the caller says', () => {
  expectTypeOf(decodeProperties<{ a: number }>({})).toEqualTypeOf<{ a: number } | undefined>();
  // @ts-expect-error a Date is not JSON
  expect(() => encodeProperties(new Date())).toThrow();
  // @ts-expect-error nor is undefined
  expect(() => encodeProperties({ a: undefined })).toThrow();
});

it('accepts properties that are interfaces, at any depth, but nothing in them that JSON cannot hold', () => {
  interface Photo {
    readonly name: string;
    size?: number;
  }
  interface Album {
    title: string;
    photos: readonly Photo[];
    cover: Photo | null;
  }
  const album: Album = { title: 'Summer', photos: [{ name: 'a' }, { name: 'b', size: 1 }], cover: null };
  expect(JSON.parse(encodeProperties(album))).toEqual(album);
  expect(JSON.parse(encodeProperties([album]))).toEqual([album]);
  interface WithDate {
    inner: { at: Date };
  }
  const dated: WithDate = { inner: { at: new Date(0) } };
  // @ts-expect-error a Date in an interface is not JSON either
  expect(() => encodeProperties(dated)).toThrow();
  const method: { call(): void } = { call: () => undefined };
  // @ts-expect-error nor is a function
  expect(() => encodeProperties(method)).toThrow();
  // @ts-expect-error nor a Map
  expect(() => encodeProperties(new Map())).toThrow();
  // @ts-expect-error nor a bigint
  expect(() => encodeProperties(1n)).toThrow();
  // @ts-expect-error nor a symbol
  expect(() => encodeProperties({ a: Symbol('a') })).toThrow();
});

it('accepts options that are undefined', () => {
  const nothing = { signal: undefined, timeoutMs: undefined, deadlineMs: undefined, headers: undefined };
  const retry = { limit: undefined, ambiguous: undefined };
  void (() => client.POST(path, { params: { header }, body, ...nothing, retry }));
  const options = { baseUrl: 'http://127.0.0.1', auth: accessToken('t'), userId: '1' };
  const without = { fetch: undefined, onAttempt: undefined, headers: undefined, allowInsecure: undefined };
  expectTypeOf(createBackupClient).toBeCallableWith({ ...options, ...without, retry, timeoutMs: undefined });
});

it('accepts the global fetch, and a fetch with its own options, such as undici’s', () => {
  const options = { baseUrl: 'http://127.0.0.1', auth: accessToken('t'), userId: '1' };
  expectTypeOf(createBackupClient).toBeCallableWith({ ...options, fetch });
  const other = (
    _url: string | URL,
    _init?: { headers?: [string, string][] | Record<string, string>; dispatcher?: object },
  ) => fetch('');
  expectTypeOf(createBackupClient).toBeCallableWith({ ...options, fetch: (url, init) => other(url, init) });
  // @ts-expect-error it does not return a response
  expectTypeOf(createBackupClient).toBeCallableWith({ ...options, fetch: () => 'no response' });
});

it('requires a credential and a user', () => {
  void (() => [
    // @ts-expect-error no token
    accessToken(undefined),
    // @ts-expect-error no user
    createBackupClient({ baseUrl: '', auth: accessToken('t') }),
    // @ts-expect-error no auth
    createBackupClient({ baseUrl: '', userId: '1' }),
  ]);
});

it('requires what the contract requires', () => {
  void (() => [
    // @ts-expect-error a number is not a device id
    client.POST(path, { params: { header }, body: { moduleCode: '101', deviceId: 42 } }),
    // @ts-expect-error there is no module 103
    client.POST(path, { params: { header }, body: { moduleCode: '103', deviceId: '1' } }),
    // @ts-expect-error properties is a string with JSON inside
    client.POST(path, { params: { header }, body: { ...body, properties: {} } }),
    // @ts-expect-error the device is mandatory
    client.POST(path, { params: { header }, body: { moduleCode: '101' } }),
    // @ts-expect-error the lock is mandatory
    client.POST(path, { body }),
    // @ts-expect-error the id in a path is mandatory
    client.GET('/koodrive/ose/v1/backup/record/{recordId}'),
    // @ts-expect-error the size of a page is mandatory
    client.GET(path, { params: { query: { moduleCode: '101' } } }),
    // @ts-expect-error the client sets X-Date itself
    client.POST(path, { params: { header: { ...header, 'X-Date': '' } }, body }),
    // @ts-expect-error another fetch would bypass the client
    client.POST(path, { params: { header }, body, fetch }),
    // @ts-expect-error so would another way to read the answer
    client.POST(path, { params: { header }, body, parseAs: 'stream' }),
    // @ts-expect-error and another address
    client.POST(path, { params: { header }, body, baseUrl: 'https://elsewhere.example.com' }),
    // @ts-expect-error the contract has no such operation
    client.PATCH(path, { params: { header }, body }),
    // @ts-expect-error nor any with this method
    client.PUT,
    // @ts-expect-error nor such a path
    client.POST('/koodrive/ose/v1/backup/records', { params: { header }, body }),
  ]);
});
