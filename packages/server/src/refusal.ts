import { errorCode } from '@koodrive-backup/spec/error-codes';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { components } from './schema.gen.ts';

/** The envelope of a refusal, and the HTTP status that it comes with. */
export interface Refusal {
  status: number;
  envelope: components['schemas']['ErrorResponse'];
  headers?: Record<string, string>;
}

/**
 * A refusal. Its `code` is the vendor's for a parameter that fails its check, otherwise the HTTP status (errata,
 * "Codes of refusals").
 *
 * @param status HTTP status.
 * @param msg What was wrong, and where.
 */
export function refusal(status: number, msg: string, headers: Record<string, string> = {}): Refusal {
  return { status, envelope: { code: status === 400 ? parameterCheckFailed : status, msg }, headers };
}

const parameterCheckFailed = errorCode(contract, 'parameterCheckFailed');

/** What the contract's examples of refusals say, said here too. */
const { Busy, DeviceDoesNotExist, LockHeld, LockNotLive, RecordDoesNotExist, RecordToBeDeleted } =
  contract.components.examples;
export const lockHeld: Refusal = { status: 409, envelope: LockHeld.value };
export const lockNotLive: Refusal = { status: 409, envelope: LockNotLive.value };
export const recordToBeDeleted: Refusal = { status: 409, envelope: RecordToBeDeleted.value };
// An id names nothing of this user's (errata E15).
export const noSuchRecord: Refusal = { status: 400, envelope: RecordDoesNotExist.value };
export const noSuchDevice: Refusal = { status: 400, envelope: DeviceDoesNotExist.value };
export const busy: Refusal = { status: 503, envelope: Busy.value, headers: { 'retry-after': '1' } };
