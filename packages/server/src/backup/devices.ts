import type { components } from '../schema.gen.ts';
import { query, type Row, single, type Work } from '../store/store.ts';
import { timeOfId } from './ids.ts';

type Device = components['schemas']['DeviceEntity'];

/** What is read of a device, for {@link deviceOf}. */
export const deviceColumns = 'device_id, machine_code, device_name, device_os';

const bindDeviceSql = `INSERT INTO devices (user_id, device_id, machine_code, device_name, device_os) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (user_id, machine_code) DO UPDATE SET
       device_name = COALESCE(excluded.device_name, devices.device_name),
       device_os = COALESCE(excluded.device_os, devices.device_os)
     RETURNING ${deviceColumns}`;

const unbindDeviceSql = `DELETE FROM devices WHERE device_id = ? AND user_id = ? RETURNING ${deviceColumns}`;

/** Binds a machine; one that the user has bound already keeps its id, and what the request does not say (errata E20). */
export function* bindDevice(
  userId: string,
  deviceId: string,
  machineCode: string,
  deviceName: string | undefined,
  deviceOS: string | undefined,
): Work<Device> {
  const rows = yield* query(bindDeviceSql, userId, deviceId, machineCode, deviceName ?? null, deviceOS ?? null);
  return deviceOf(rows[0] ?? {});
}

/** The statement that lists a user's devices, those bound first in front: ids have one length, and grow. */
export const listDevicesSql: string = `SELECT ${deviceColumns} FROM devices WHERE user_id = ? ORDER BY device_id`;

/** Unbinds a device of the user's, and gives what it was. `undefined` where it is none. */
export function* unbindDevice(userId: string, deviceId: string): Work<Device | undefined> {
  const [row] = yield* single(unbindDeviceSql, deviceId, userId);
  return row && deviceOf(row);
}

/** A row of devices, as the contract has it. */
export function deviceOf({ device_id, machine_code, device_name, device_os }: Row): Device {
  const deviceId = String(device_id);
  return {
    deviceId,
    machineCode: String(machine_code),
    ...(device_name != null && { deviceName: String(device_name) }),
    ...(device_os != null && { deviceOS: String(device_os) }),
    createTime: new Date(timeOfId(deviceId)).toISOString(),
  };
}
