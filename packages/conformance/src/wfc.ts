/**
 * The version of the Web Fuzzing Commons' catalogue of faults that the codes are from. Later ones gave other numbers to
 * the same faults, so a code means something beside its version only.
 */
export const wfcVersion = '0.7.0';

/** The faults of that catalogue that checks look for, by code. */
export const wfcFaults = {
  100: 'Status 500',
  101: 'An answer that its schema refuses',
  102: 'Success where the request was invalid',
  103: 'What was deleted is still there',
  104: 'A creation that failed, and left something behind',
  204: 'That something exists is told to those who have no right to it',
  206: 'What is protected is let be used without the right to it',
  207: 'What is protected is open to whoever gives no credential',
  209: 'A stack trace is shown',
  210: 'What the contract does not have can be used',
} as const;

/** A code of the Web Fuzzing Commons' catalogue of faults, by which tools compare what they find. */
export type WfcCode = keyof typeof wfcFaults;
