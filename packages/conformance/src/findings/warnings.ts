import type { Contract } from '@koodrive-backup/spec/contract';
import type { Coverage } from './coverage.ts';
import type { Result } from './report.ts';

/** A larger share than this of checks that saw nothing, or inputs that were not exercised, leads to a warning. */
const tolerated = 0.1;

/**
 * Returns the reasons why a run proves less than its verdict seems to say, for readers who see no violation.
 *
 * @param endedEarly Why the run ended early, if it did.
 * @param leftOut How many checks of its level did not run because of `only` or `skip`.
 */
export function warningsOf(
  { operations }: Contract,
  results: readonly Result[],
  coverage: Coverage,
  { endedEarly, leftOut }: { endedEarly: string | undefined; leftOut: number },
): string[] {
  const checks = Map.groupBy(results, ({ check }) => check);
  const outcomes = [...checks.values()].map((group) => new Set(group.map(({ outcome }) => outcome)));
  const run = outcomes.filter((seen) => !seen.has('skipped'));
  const unseen = run.filter((seen) => seen.size === 1 && seen.has('not observed'));
  const refused = operations.filter(({ pointer }) => coverage.responses.never.includes(`${pointer}/responses/200`));
  const { inputs } = coverage;
  return [
    endedEarly !== undefined && endedEarly,
    leftOut > 0 && `${leftOut} checks were left out`,
    unseen.length > run.length * tolerated &&
      `${unseen.length} of ${run.length} checks saw nothing that they could judge`,
    refused.length > 0 && `the provider accepted no request to ${refused.map(({ id }) => id).join(', ')}`,
    inputs.never.length > inputs.total * tolerated &&
      `${inputs.never.length} of ${inputs.total} parameters and fields were never in a request that was accepted`,
  ].filter((warning) => warning !== false);
}
