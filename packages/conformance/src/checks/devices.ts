import type { RequestCheck } from '../check.ts';
import { living, without } from './life.ts';
import { seeNow } from './records.ts';

const deviceBound = living(
  'device-bound',
  'A device is bound with what was sent, and listed; bound again, it stays the same device.',
  'errata.md#e20',
  'bindDevice',
  async (life) => {
    const { suite, data, devices, equal, see } = life;
    const machineCode = suite.fixtures.machineCode();
    const { earliest } = suite.clock.now();
    const fields = { machineCode, deviceName: 'A-b_ 1', deviceOS: 'os_ 2' };
    const bound = await data('bindDevice', { fields });
    equal('bindDevice', without(bound, 'deviceId', 'createTime'), fields, 'what was sent:');
    if ('createTime' in bound) seeNow(life, 'bindDevice', 'createTime', bound.createTime, earliest);
    const find = async (): Promise<unknown> => (await devices()).find(({ deviceId }) => deviceId === bound.deviceId);
    equal('listBoundDevice', await find(), bound, 'the device as it was bound:');
    equal(
      'bindDevice',
      await data('bindDevice', { body: { machineCode } }),
      bound,
      'the same device, with the name it had:',
    );
    const renamed = await data('bindDevice', { body: { machineCode, deviceName: 'other' } });
    equal('bindDevice', renamed, { ...bound, deviceName: 'other' }, 'the same device, with its new name:');
    equal('listBoundDevice', await find(), renamed, 'the device as it was bound again:');
    const all = await devices();
    const codes = all.map((device) => device.machineCode);
    see('listBoundDevice', new Set(codes).size === codes.length, 'each machine once', codes);
    const second = await suite.fixtures.bindDevice();
    const order = (await devices()).map(({ deviceId }) => deviceId);
    see(
      'listBoundDevice',
      order.indexOf(second) > order.indexOf(bound.deviceId),
      'the device that was bound first in front',
      order.slice(-5),
    );
  },
);

const deviceUnbound = living(
  'device-unbound',
  'A device that is unbound is gone, its records stay; the machine can be bound again, as a new device.',
  'errata.md#e22',
  'unbindDevice',
  async ({ suite, data, record, list, devices, equal, see }) => {
    const machineCode = suite.fixtures.machineCode();
    const bound = await data('bindDevice', { fields: { machineCode } });
    const deviceId = String(bound.deviceId);
    const kept = await data('createBackupRecord', { fields: { deviceId } });
    if ('deviceInfo' in kept) equal('createBackupRecord', kept.deviceInfo, bound, 'deviceInfo is the device:');
    equal('unbindDevice', await data('unbindDevice', { path: { deviceId } }), bound, 'the device as it was:');
    const left = (await devices()).some((device) => device.deviceId === deviceId);
    equal('listBoundDevice', left, false, 'the device in the list:');
    equal(
      'getBackupRecord',
      await record(kept.recordId),
      without(kept, 'deviceInfo'),
      'the record without deviceInfo:',
    );
    const listed = await list({ moduleCode: String(kept.moduleCode), deviceId });
    equal('listBackupRecord', listed, [without(kept, 'deviceInfo')], 'the record, by the old deviceId:');
    const again = await data('bindDevice', { fields: { machineCode } });
    see('bindDevice', again.deviceId !== deviceId, 'a new deviceId', again.deviceId);
    equal(
      'getBackupRecord',
      await record(kept.recordId),
      without(kept, 'deviceInfo'),
      "the old device's record without deviceInfo:",
    );
  },
);

/** The checks of devices. */
export const deviceChecks: RequestCheck[] = [deviceBound, deviceUnbound];
