import type { components } from '../schema.gen.ts';
import { query, type Row, type Store, single, takeTurn, type Work } from '../store/store.ts';
import { hash64 } from './hash64.ts';
import { timeOfId } from './ids.ts';

type Device = components['schemas']['DeviceEntity'];

/** The columns of a device that {@link deviceOf} needs. */
const deviceColumns = 'device_id, machine_code, device_name, device_os';

const bindDeviceSql = `INSERT INTO devices (user_id, device_id, machine_code, device_name, device_os)
  SELECT given.* FROM (
    SELECT CAST(? AS TEXT) AS user_id, CAST(? AS TEXT), CAST(? AS TEXT) AS machine_code, CAST(? AS TEXT), CAST(? AS TEXT)
  ) AS given
  WHERE EXISTS (SELECT 1 FROM devices d WHERE d.user_id = given.user_id AND d.machine_code = given.machine_code)
    OR (SELECT COUNT(*) FROM (SELECT 1 FROM devices d WHERE d.user_id = given.user_id LIMIT ?) AS first) < ?
  ON CONFLICT (user_id, machine_code) DO UPDATE SET
    device_name = COALESCE(excluded.device_name, devices.device_name),
    device_os = COALESCE(excluded.device_os, devices.device_os)
  RETURNING ${deviceColumns}`;

const unbindDeviceSql = `DELETE FROM devices WHERE device_id = ? AND user_id = ? RETURNING ${deviceColumns}`;

/**
 * Binds a machine. If the user has bound it already, its device keeps its id, and every field that the request does not
 * hold (errata E20).
 *
 * @param most The most devices that the user may have.
 * @returns The device; `undefined` if the user has as many already, and this machine is not among them.
 */
export function* bindDevice(
  userId: string,
  deviceId: string,
  machineCode: string,
  deviceName: string | undefined,
  deviceOS: string | undefined,
  most: number,
): Work<Device | undefined> {
  // The binds of a user take turns, so that machines that are bound at the same time are counted.
  yield* takeTurn(hash64(`devices of ${userId}`));
  const [row] = yield* query(
    bindDeviceSql,
    userId,
    deviceId,
    machineCode,
    deviceName ?? null,
    deviceOS ?? null,
    most,
    most,
  );
  return row && deviceOf(row);
}

const listDevicesSql = `SELECT ${deviceColumns} FROM devices WHERE user_id = ? AND device_id > ? ORDER BY device_id LIMIT ?`;

/** How many devices one statement reads, so that a user who has many does not hold up others. */
const slice = 1000;

/**
 * Returns all devices of a user in the order in which they were bound. The order of their ids is the same, because all
 * ids have the same length, and later ones are greater.
 */
export async function listDevices(store: Pick<Store, 'read'>, userId: string): Promise<Device[]> {
  const devices: Device[] = [];
  for (;;) {
    const rows = await store.read(listDevicesSql, userId, devices.at(-1)?.deviceId ?? '', slice);
    devices.push(...rows.map(deviceOf));
    if (rows.length < slice) return devices;
  }
}

/** Unbinds a device of the user, and returns it; `undefined` if the user has no such device. */
export function* unbindDevice(userId: string, deviceId: string): Work<Device | undefined> {
  const [row] = yield* single(unbindDeviceSql, deviceId, userId);
  return row && deviceOf(row);
}

/** Converts a row of devices to the form of the contract. */
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
