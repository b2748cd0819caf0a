import type { Check, Level, Need } from '../check.ts';
import type { RefusalForm } from '../judge/oracle.ts';
import { acceptedChecks } from './accepted.ts';
import { answerChecks } from './answers.ts';
import { anyOrder } from './any-order.ts';
import { credentialChecks } from './credentials.ts';
import { deviceChecks } from './devices.ts';
import { harmlessCheck } from './harmless.ts';
import { lockChecks } from './locks.ts';
import { ownershipChecks } from './ownership.ts';
import { recordChecks } from './records.ts';
import { refusedChecks } from './refused.ts';

/** Every check, those of level `contract` first. */
export function allChecks(refusal: RefusalForm): Check[] {
  return [
    ...answerChecks(refusal),
    ...acceptedChecks,
    ...refusedChecks,
    harmlessCheck,
    ...lockChecks,
    ...credentialChecks,
    ...recordChecks,
    ...deviceChecks,
    ...ownershipChecks,
    anyOrder,
  ];
}

/** Returns the id, title and level of every check, and what it needs, for documentation. */
export function listChecks(): { id: string; title: string; level: Level; needs: readonly Need[] }[] {
  return allChecks('either').map(({ id, title, level, needs = [] }) => ({ id, title, level, needs }));
}
