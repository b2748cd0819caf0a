import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { call, lockHeader, type OperationId, type Request, refusedWith, succeed } from '../../test/calls.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';

const { LockHeld, LockNotLive } = contract.components.examples;
const lockMs = 600_000;

let server: TestServer;
let user: User;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  user = await server.newUser();
});
afterAll(() => server.close());

const take = (as: User, moduleCode = '101') => call(server, as, 'createBackupLock', { body: { moduleCode } });
const renew = (headers: Record<string, string>, as = user) => call(server, as, 'renewalBackupLock', { headers });
const release = (headers: Record<string, string>, as = user) => call(server, as, 'releaseBackupLock', { headers });
const isRefused = async (answer: ReturnType<typeof renew>): Promise<void> => {
  expect(refusedWith(409, await answer, LockNotLive.value.code)).toBe(LockNotLive.value.msg);
};

it('exists once for a user and module', async () => {
  const first = await take(user);
  expect(first.envelope.data?.lockId).toMatch(/^[\da-f-]{36}@101$/);
  expect(refusedWith(409, await take(user), LockHeld.value.code)).toBe(LockHeld.value.msg);
  expect((await take(user, '102')).status).toBe(200);
  expect((await take(await server.newUser())).status).toBe(200);
});

it.each(['token', 'app'] as const)('is given to exactly one of many concurrent requests, with %s', async (way) => {
  const request: Request = { body: { moduleCode: '100' }, with: way };
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(server, user, 'createBackupLock', request)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
});

it('lasts for ten minutes', async () => {
  const headers = await lockHeader(server, user);
  server.time += lockMs - 1;
  expect((await take(user)).status).toBe(409);
  server.time += 1;
  await isRefused(renew(headers));
  await isRefused(release(headers));
  const next = await lockHeader(server, user);
  expect(next).not.toEqual(headers);
  await isRefused(renew(headers));
  // It has a full time of its own, and not what was left of the lock that it replaces.
  server.time += lockMs - 1;
  expect((await renew(next)).status).toBe(200);
});

it('lasts for ten minutes after it is renewed', async () => {
  const headers = await lockHeader(server, user);
  for (let renewals = 0; renewals < 3; renewals++) {
    server.time += lockMs - 1;
    expect((await renew(headers)).envelope).toEqual({ code: 0, msg: 'success' });
  }
  server.time += lockMs;
  await isRefused(renew(headers));
});

it('ends when it is released, and can be released once', async () => {
  const headers = await lockHeader(server, user);
  expect((await release(headers)).envelope).toEqual({ code: 0, msg: 'success' });
  await isRefused(release(headers));
  await isRefused(renew(headers));
  await lockHeader(server, user);
});

it('survives a restart of the server', async () => {
  const headers = await lockHeader(server, user);
  server = await server.restart();
  expect((await take(user)).status).toBe(409);
  expect((await renew(headers)).status).toBe(200);
});

const underLock = readContract(contract)
  .operations.filter(({ parameters }) => parameters.some(({ name }) => name === 'x-backup-lock-id'))
  .map(({ id }) => id as OperationId);

it('is required by the operations that the vendor’s pages name', () => {
  expect(underLock.sort()).toEqual(
    ['completeBackup', 'createBackupRecord', 'deleteBackupRecord', 'releaseBackupLock', 'renewalBackupLock'].sort(),
  );
});

it.each(underLock)('must be live and the caller’s own, otherwise %s is refused and changes nothing', async (id) => {
  const own = await lockHeader(server, user);
  const body = { moduleCode: '101', deviceId: 'd', properties: '1' };
  const { recordId } = await succeed(server, user, 'createBackupRecord', { headers: own, body });
  const other = await server.newUser();
  const released = await lockHeader(server, user, '100');
  await release(released);
  const expired = await lockHeader(server, user, '102');
  server.time += 1;
  await renew(own);
  server.time += lockMs - 1;
  const before = await succeed(server, user, 'getBackupRecord', { path: { recordId } });
  const changed = { ...body, properties: '2' };
  const none = { 'x-backup-lock-id': '78e41c7e-db02-4d55-85b3-8153e4fefd2e@101' };
  for (const headers of [await lockHeader(server, other), released, expired, none]) {
    await isRefused(call(server, user, id, { headers, path: { recordId }, body: changed }) as never);
  }
  expect(await succeed(server, user, 'getBackupRecord', { path: { recordId } })).toEqual(before);
  const { data } = (await call(server, user, 'listBackupRecord', { query: { moduleCode: '101', pageSize: '9' } }))
    .envelope;
  expect(data).toHaveLength(1);
  expect((await call(server, user, id, { headers: own, path: { recordId }, body })).status).toBe(200);
});

it('may be the user’s lock of any module', async () => {
  const headers = await lockHeader(server, user, '102');
  const body = { moduleCode: '101', deviceId: 'd' };
  const { recordId } = await succeed(server, user, 'createBackupRecord', { headers, body });
  await succeed(server, user, 'completeBackup', { headers, path: { recordId }, body: {} });
  await succeed(server, user, 'deleteBackupRecord', { headers, path: { recordId } });
});
