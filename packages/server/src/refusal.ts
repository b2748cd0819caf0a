import { type Answer, createRefuse, jsonAnswer, type Refuse } from '@koodrive-backup/spec/answer';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

/** Creates an answer with the contract's error body. */
export const refuse: Refuse = createRefuse(contract);

/** What the contract's examples of refusals say, said here too. */
const { Busy, DeviceDoesNotExist, LockHeld, LockNotLive, RecordDoesNotExist, RecordToBeDeleted } =
  contract.components.examples;
export const lockHeld: Answer = jsonAnswer(409, LockHeld.value);
export const lockNotLive: Answer = jsonAnswer(409, LockNotLive.value);
export const recordToBeDeleted: Answer = jsonAnswer(409, RecordToBeDeleted.value);
// An id names nothing of this user's (errata E15).
export const noSuchRecord: Answer = jsonAnswer(400, RecordDoesNotExist.value);
export const noSuchDevice: Answer = jsonAnswer(400, DeviceDoesNotExist.value);
export const busy: Answer = jsonAnswer(503, Busy.value, { 'retry-after': '1' });
