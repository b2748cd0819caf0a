import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId } from './ids.ts';
import type { RecordFilter } from './records.ts';

const macBytes = 16;

/** A cursor that stands behind a record of a list. It says nothing to its bearer, and is good for this list only. */
export function writeCursor(key: Buffer, filter: RecordFilter, recordId: string): string {
  return Buffer.concat([mac(key, filter, recordId), Buffer.from(recordId)]).toString('base64url');
}

/** The record behind which a cursor stands; `undefined` where it was not made for this list. */
export function readCursor(key: Buffer, filter: RecordFilter, cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  const recordId = bytes.subarray(macBytes).toString('latin1');
  // Base64 has more than one text for some bytes, and a decoder that passes over what it does not know.
  if (!isId(recordId) || bytes.toString('base64url') !== cursor) return undefined;
  return timingSafeEqual(bytes.subarray(0, macBytes), mac(key, filter, recordId)) ? recordId : undefined;
}

function mac(key: Buffer, { userId, moduleCode, deviceId }: RecordFilter, recordId: string): Buffer {
  const covered = JSON.stringify([userId, moduleCode, deviceId, recordId]);
  return createHmac('sha256', key).update(covered).digest().subarray(0, macBytes);
}
