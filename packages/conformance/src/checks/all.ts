import type { Check } from '../check.ts';
import type { RefusalForm } from '../oracle.ts';
import { acceptedChecks } from './accepted.ts';
import { answerChecks } from './answers.ts';
import { harmlessCheck } from './harmless.ts';
import { refusedChecks } from './refused.ts';

/** Every check, those of level `contract` first. */
export function allChecks(refusal: RefusalForm): Check[] {
  return [...answerChecks(refusal), ...acceptedChecks, ...refusedChecks, harmlessCheck];
}
