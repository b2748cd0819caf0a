import type { StateCheck } from '../check.ts';
import { nearMisses } from '../requests/near-misses.ts';
import { bindDevice, listDevices, unbindDevice } from './state/devices.ts';
import { createRecord, readList, readRecord } from './state/records.ts';

const deviceBound: StateCheck = {
  id: 'device-bound',
  title: 'A bound device is listed with the values that were sent. Binding its machine again changes the same device.',
  level: 'behaviour',
  subject: 'bindDevice',
  async *steps(model, { main, fixtures }) {
    // The suffix keeps the near misses of this code apart from the suite's other machines.
    const machineCode = `${fixtures.machineCode()}_a1`;
    yield bindDevice(model, main, { machineCode, deviceName: 'A-b_ 1', deviceOS: 'os_ 2' });
    yield listDevices(model, main);
    yield bindDevice(model, main, { machineCode });
    yield bindDevice(model, main, { machineCode, deviceName: 'other' });
    yield listDevices(model, main);
    const input = fixtures.operation('bindDevice').body?.schema.properties ?? {};
    const isValid = (name: string, text: string): boolean => new RegExp(input[name]?.pattern ?? '', 'u').test(text);
    // Near misses are other machines, so each must become a device of its own.
    for (const [, other] of nearMisses(machineCode)) {
      if (isValid('machineCode', other)) yield bindDevice(model, main, { machineCode: other });
    }
    for (const text of texts) {
      const named = Object.fromEntries(
        ['deviceName', 'deviceOS'].filter((name) => isValid(name, text)).map((name) => [name, text]),
      );
      yield bindDevice(model, main, { machineCode: fixtures.machineCode(), ...named });
    }
    yield listDevices(model, main);
  },
};

/** Texts that must come back unchanged, if the contract allows them. */
const texts = [
  'Device',
  '  a   b  ',
  ' ',
  '\ta\n',
  '\r\n',
  '\v\f',
  '\u00a0a\u3000',
  '\ufeffa\ufeff',
  '\u2028\u2029',
  'x'.repeat(32),
  '_-_',
  '0',
  'null',
];

const deviceUnbound: StateCheck = {
  id: 'device-unbound',
  title: 'An unbound device is gone and its records stay. Its machine can be bound again, as a new device.',
  level: 'behaviour',
  subject: 'unbindDevice',
  async *steps(model, { main, fixtures }) {
    const machineCode = fixtures.machineCode();
    yield bindDevice(model, main, { machineCode });
    const [device] = model.devices;
    if (!device) return;
    yield createRecord(model, main, {}, { device });
    yield unbindDevice(model, main, device);
    yield listDevices(model, main);
    const [record] = model.records;
    if (!record) return;
    yield readRecord(model, main, record);
    yield* readList(model, main, { moduleCode: String(record.data.moduleCode), deviceId: device.id });
    yield bindDevice(model, main, { machineCode });
    yield readRecord(model, main, record);
  },
};

/** The checks of devices. */
export const deviceChecks: StateCheck[] = [deviceBound, deviceUnbound];
