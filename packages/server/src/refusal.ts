import { type Answer, createRefuse, type Refuse, refusal } from '@koodrive-backup/spec/answer';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { Fate, StoreUnavailable } from './store/store.ts';

/** Creates an answer with the contract's error body. */
export const refuse: Refuse = createRefuse(contract);

/** Refusals whose texts are examples in the contract. */
const { Busy, DeviceDoesNotExist, LockHeld, LockNotLive, RecordDoesNotExist, RecordToBeDeleted } =
  contract.components.examples;
export const lockHeld: Answer = refusal(409, LockHeld.value);
export const lockNotLive: Answer = refusal(409, LockNotLive.value);
export const recordToBeDeleted: Answer = refusal(409, RecordToBeDeleted.value);
// The user has nothing with this id (errata E15).
export const noSuchRecord: Answer = refusal(400, RecordDoesNotExist.value);
export const noSuchDevice: Answer = refusal(400, DeviceDoesNotExist.value);

/** The refusal of one more device (errata E20). */
export const tooManyDevices = (most: number): Answer =>
  refuse(409, `The user has ${most} devices, the most on this server. Unbind one, then bind this machine.`);

const retryAfter = { 'retry-after': '1' };
const busy: Record<Fate | 'read', Answer> = {
  read: refusal(503, Busy.value, retryAfter),
  'not done': refuse(503, 'The service is busy, and nothing was stored. Try again later.', retryAfter),
  unknown: refuse(503, 'The service is busy. The change may have been stored: look before you repeat it.', retryAfter),
};

/** Returns the refusal of a request that the store cannot do now. It says what is known about a requested change. */
export const busyAfter = ({ fate }: StoreUnavailable): Answer => busy[fate ?? 'read'];
