import { type Answer, createRefuse, type Refuse, refusal } from '@koodrive-backup/spec/answer';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

/** Creates an answer with the contract's error body. */
export const refuse: Refuse = createRefuse(contract);

/** What the contract's examples of refusals say, said here too. */
const { Busy, DeviceDoesNotExist, LockHeld, LockNotLive, RecordDoesNotExist, RecordToBeDeleted } =
  contract.components.examples;
export const lockHeld: Answer = refusal(409, LockHeld.value);
export const lockNotLive: Answer = refusal(409, LockNotLive.value);
export const recordToBeDeleted: Answer = refusal(409, RecordToBeDeleted.value);
// An id names nothing of this user's (errata E15).
export const noSuchRecord: Answer = refusal(400, RecordDoesNotExist.value);
export const noSuchDevice: Answer = refusal(400, DeviceDoesNotExist.value);
export const busy: Answer = refusal(503, Busy.value, { 'retry-after': '1' });
