import type { Identity } from '../../http/session.ts';
import { isObject } from '../../judge/oracle.ts';
import { makers } from '../../requests/kinds.ts';
import {
  type Data,
  type DeviceModel,
  dataIn,
  difference,
  type StateModel,
  type Step,
  step,
  timeDifference,
  without,
} from './model.ts';

/** The fields of a request that binds a device. */
export type DeviceFields = { machineCode: string; deviceName?: string; deviceOS?: string };

/** Binds a machine, or binds it again (errata, E20). */
export function bindDevice(model: StateModel, as: Identity, fields: DeviceFields): Step {
  const { earliest } = model.clock.now();
  const { machineCode } = fields;
  return {
    ...step(model, makers.device, as, {}, { body: fields }),
    accept(envelope) {
      const data = dataIn(envelope);
      if (data?.deviceId === undefined) return undefined;
      const known = model.devices.find((one) => one.owner === as && one.machineCode === machineCode && one.isBound);
      if (known) {
        known.data = { ...known.data, ...fields };
        const found = difference(known.data, data);
        return found && { ...found, pointer: 'errata.md#e20' };
      }
      const id = String(data.deviceId);
      const isTaken = model.devices.some((one) => one.id === id);
      model.devices.unshift({ id, owner: as, machineCode, data, isBound: true });
      if (isTaken) return { expected: 'a deviceId of its own for each device', got: `${id} again` };
      const time = 'createTime' in data && timeDifference(model, 'createTime', data.createTime, earliest);
      return difference({ ...fields }, without(data, 'deviceId', 'createTime')) ?? (time || undefined);
    },
  };
}

/** Unbinds a device. Its records stay, without deviceInfo (errata, E22). */
export function unbindDevice(model: StateModel, as: Identity, device: DeviceModel): Step {
  return {
    ...step(model, 'unbindDevice', as, { device }),
    accept(envelope) {
      const data = dataIn(envelope);
      device.isBound = false;
      for (const record of model.records) {
        if (record.deviceId === device.id && record.owner === as) record.data = without(record.data, 'deviceInfo');
      }
      return data && difference(device.data, data);
    },
  };
}

/** Lists the devices of a user. Devices that the model does not know existed before, and are ignored. */
export function listDevices(model: StateModel, as: Identity): Step {
  return {
    ...step(model, 'listBoundDevice', as),
    accept({ data }) {
      if (!Array.isArray(data)) return undefined;
      const listed = data.filter(isObject);
      const codes = listed.map(({ machineCode }) => machineCode).filter((code) => code !== undefined);
      const twice = codes.find((code, i) => codes.indexOf(code) !== i);
      if (twice !== undefined) return { expected: 'each machine once', got: `${twice} twice` };
      const known = listed.filter(({ deviceId }) => model.devices.some(({ id }) => id === deviceId));
      const bound = model.devices.filter(({ owner, isBound }) => owner === as && isBound).reverse();
      const ids = (devices: readonly Data[]): Data => ({ deviceIds: devices.map(({ deviceId }) => deviceId) });
      const shown = bound.map((device) => device.data);
      return (
        difference(ids(shown), ids(known)) ??
        shown.map((one, i) => difference(one, known[i] ?? {})).find((found) => found !== undefined)
      );
    },
  };
}

/** Returns a device that nobody has bound. */
export function unboundDevice(id: string, owner: Identity): DeviceModel {
  return { id, owner, machineCode: '', data: {}, isBound: false };
}
