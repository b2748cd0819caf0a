import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId } from './ids.ts';
import type { RecordFilter } from './records.ts';

const macBytes = 16;

/** Creates a cursor that points behind a record of a list. It is valid for this list only, and opaque to clients. */
export function writeCursor(key: Buffer, filter: RecordFilter, recordId: string): string {
  return Buffer.concat([mac(key, filter, recordId), Buffer.from(recordId)]).toString('base64url');
}

/** Returns the id of the record that a cursor points behind; `undefined` if it was not created for this list. */
export function readCursor(key: Buffer, filter: RecordFilter, cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  const recordId = bytes.subarray(macBytes).toString('latin1');
  // Encoded again and compared: base64 has several texts for the same bytes, and the decoder ignores unknown
  // characters.
  if (!isId(recordId) || bytes.toString('base64url') !== cursor) return undefined;
  return timingSafeEqual(bytes.subarray(0, macBytes), mac(key, filter, recordId)) ? recordId : undefined;
}

function mac(key: Buffer, { userId, moduleCode, deviceId }: RecordFilter, recordId: string): Buffer {
  const covered = JSON.stringify([userId, moduleCode, deviceId, recordId]);
  return createHmac('sha256', key).update(covered).digest().subarray(0, macBytes);
}
