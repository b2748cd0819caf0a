import type { StateCheck } from '../check.ts';
import { bindDevice, listDevices, unbindDevice } from './state/devices.ts';
import { createRecord, readList, readRecord } from './state/records.ts';

const deviceBound: StateCheck = {
  id: 'device-bound',
  title: 'A device is bound with what was sent, and listed; bound again, it stays the same device.',
  level: 'behaviour',
  subject: 'bindDevice',
  async *steps(model, { main, fixtures }) {
    const machineCode = fixtures.machineCode();
    yield bindDevice(model, main, { machineCode, deviceName: 'A-b_ 1', deviceOS: 'os_ 2' });
    yield listDevices(model, main);
    yield bindDevice(model, main, { machineCode });
    yield bindDevice(model, main, { machineCode, deviceName: 'other' });
    yield listDevices(model, main);
    yield bindDevice(model, main, { machineCode: fixtures.machineCode() });
    yield listDevices(model, main);
  },
};

const deviceUnbound: StateCheck = {
  id: 'device-unbound',
  title: 'A device that is unbound is gone, its records stay; the machine can be bound again, as a new device.',
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
