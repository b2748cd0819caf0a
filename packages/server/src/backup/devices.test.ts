import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { call, refusedWith, succeed } from '../../test/calls.ts';
import { describeEngines } from '../../test/engines.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';
import { openStorage } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { listDevices } from './devices.ts';

const { ParameterCheckFailed, DeviceDoesNotExist } = contract.components.examples;

let server: TestServer;
let user: User;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  user = await server.newUser();
});
afterAll(() => server.close());

const bind = (body: object, as = user) => succeed(server, as, 'bindDevice', { body });
const list = (as = user) => succeed(server, as, 'listBoundDevice');
const unbind = (deviceId: string, as = user) => call(server, as, 'unbindDevice', { path: { deviceId } });

it('a machine is one device of its user, and the last request decides its name and system', async () => {
  const createTime = new Date(server.time).toISOString();
  const device = await bind({ machineCode: 'm', deviceName: 'Magic v-5' });
  expect(device).toEqual({ deviceId: device.deviceId, machineCode: 'm', deviceName: 'Magic v-5', createTime });
  server.time += 1000;
  expect(await bind({ machineCode: 'm', deviceOS: 'android' })).toEqual({ ...device, deviceOS: 'android' });
  expect(await bind({ machineCode: 'm', deviceName: 'b' })).toEqual({
    ...device,
    deviceName: 'b',
    deviceOS: 'android',
  });
  const other = await server.newUser();
  expect((await bind({ machineCode: 'm' }, other)).deviceId).not.toBe(device.deviceId);
});

it('a machine that is bound many times at once is one device', async () => {
  const devices = await Promise.all(Array.from({ length: 20 }, () => bind({ machineCode: 'm' })));
  expect(new Set(devices.map(({ deviceId }) => deviceId)).size).toBe(1);
  expect(await list()).toHaveLength(1);
});

it('devices are listed in the order in which they were bound', async () => {
  const devices = [await bind({ machineCode: 'b' }), await bind({ machineCode: 'a' })];
  server.time += 1;
  devices.push(await bind({ machineCode: 'c' }));
  expect(await list()).toEqual(devices);
  await bind({ machineCode: 'b' });
  expect(await list()).toEqual(devices);
});

it('a device that is unbound is gone, and its machine gets another device when it is bound again', async () => {
  const device = await bind({ machineCode: 'm', deviceName: 'a' });
  expect((await unbind(device.deviceId)).envelope.data).toEqual(device);
  expect(await list()).toEqual([]);
  refusedWith(400, await unbind(device.deviceId), DeviceDoesNotExist.value.code);
  const again = await bind({ machineCode: 'm' });
  expect(again).not.toHaveProperty('deviceName');
  expect(again.deviceId).not.toBe(device.deviceId);
});

it('a device of another user looks as if it did not exist', async () => {
  const other = await server.newUser();
  const { deviceId } = await bind({ machineCode: 'm' });
  const answers = [await unbind(deviceId, other), await unbind('1', other)];
  for (const answer of answers) refusedWith(400, answer, DeviceDoesNotExist.value.code);
  expect(answers[0]?.text).toBe(answers[1]?.text);
  expect(await list(other)).toEqual([]);
  expect(await list()).toHaveLength(1);
});

describeEngines((make) => {
  /** Runs a test on a server of its own, with a small limit of devices. */
  async function withLimit(maxDevicesPerUser: number, test: (own: TestServer, someone: User) => Promise<void>) {
    using storage = await make();
    const { data, databaseUrl } = storage;
    const own = await startTestServer({ data, maxDevicesPerUser, ...(databaseUrl !== undefined && { databaseUrl }) });
    try {
      await test(own, await own.newUser());
    } finally {
      await own.close();
    }
  }

  it('devices up to the limit can be bound, even at the same time, and bound machines again', () =>
    withLimit(3, async (own, someone) => {
      const bindOne = (machineCode: string, as = someone) => call(own, as, 'bindDevice', { body: { machineCode } });
      const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => bindOne(`m${i}`)));
      const refused = answers.filter(({ status }) => status !== 200);
      expect(answers.length - refused.length).toBe(3);
      for (const answer of refused) {
        expect(refusedWith(409, answer, 409)).toBe(
          'The user has 3 devices, the most on this server. Unbind one, then bind this machine.',
        );
      }
      const devices = await succeed(own, someone, 'listBoundDevice');
      expect(devices).toHaveLength(3);
      const [{ deviceId, machineCode } = { deviceId: '', machineCode: '' }] = devices;
      expect((await bindOne(machineCode ?? '')).envelope.data?.deviceId).toBe(deviceId);
      // The limit is per user: another user can bind a machine.
      expect((await bindOne('m', await own.newUser())).status).toBe(200);
      expect((await bindOne('m')).status).toBe(409);
      await succeed(own, someone, 'unbindDevice', { path: { deviceId } });
      expect((await bindOne('another')).status).toBe(200);
      expect((await bindOne('one_more')).status).toBe(409);
    }));

  it('more devices than one statement reads are listed once each, in order', async () => {
    using storage = await make();
    const { store } = await openStorage(storage);
    try {
      const ids = Array.from({ length: 2500 }, (_, i) => `${10_000 + i}`);
      // Inserted in another order, with ids of another user's devices in between.
      for (const userId of ['u', 'v']) {
        const rows = ids.toReversed().map((id) => `('${userId === 'u' ? id : `${id}5`}', '${userId}', 'm${id}')`);
        await store.transact('query', `INSERT INTO devices (device_id, user_id, machine_code) VALUES ${rows.join()}`);
      }
      expect((await listDevices(store, 'u')).map(({ deviceId }) => deviceId)).toEqual(ids);
      const lengths: number[] = [];
      const watched: Pick<Store, 'read'> = {
        async read(...statement) {
          const rows = await store.read(...statement);
          lengths.push(rows.length);
          return rows;
        },
      };
      await listDevices(watched, 'u');
      expect(lengths).toEqual([1000, 1000, 500]);
    } finally {
      await store.close();
    }
  });
});

it.each([
  [{}, 'body.machineCode is missing'],
  [{ machineCode: 'a-b' }, 'body.machineCode must match pattern'],
  [{ machineCode: 'a'.repeat(65) }, 'body.machineCode must match pattern'],
  [{ machineCode: 'a', deviceName: '' }, 'body.deviceName must match pattern'],
  [{ machineCode: 'a', deviceName: null }, 'body.deviceName must be string'],
  [{ machineCode: 'a', deviceOS: 'a-b' }, 'body.deviceOS must match pattern'],
])('bindDevice refuses %j', async (body, msg) => {
  const answer = await call(server, user, 'bindDevice', { body });
  expect(refusedWith(400, answer, ParameterCheckFailed.value.code)).toContain(msg);
});
