import type { Result, Violation } from './report.ts';

/** A known violation of a provider, which does not fail the run until a day. */
export interface Deviation {
  /** The check's id. */
  check: string;
  /** An operationId. Default: all. */
  operation?: string;
  /** Why the violation is tolerated. */
  reason: string;
  /** The last day on which it is tolerated, in UTC, for example `2026-12-31`. */
  expires: string;
}

/**
 * Reads a file of deviations: a JSON array.
 *
 * @throws Error with a message for the user if the text is anything else.
 */
export function parseDeviations(text: string): Deviation[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('the deviations are not JSON');
  }
  if (!Array.isArray(value)) throw new Error('the deviations must be a JSON array');
  return value.map((each, i) => parseDeviation(each, `deviation ${i + 1}`));
}

function parseDeviation(value: unknown, place: string): Deviation {
  const { check, operation, reason, expires, ...unknown } = Object(value) as Record<string, unknown>;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new Error(`${place} has ${name}, but may only have check, operation, reason, expires`);
  if (typeof check !== 'string' || typeof reason !== 'string' || reason.trim() === '') {
    throw new Error(`${place} needs check and reason, both texts`);
  }
  if (typeof expires !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(expires) || Number.isNaN(Date.parse(expires))) {
    throw new Error(`${place} needs expires, a day such as 2026-12-31`);
  }
  if (operation !== undefined && typeof operation !== 'string') throw new Error(`${place}: operation must be text`);
  return { check, reason, expires, ...(operation !== undefined && { operation }) };
}

/**
 * Checks that deviations name existing checks and operations. A mistyped deviation would otherwise have no effect, and
 * nobody would notice.
 *
 * @throws Error with a message for the user if a check or an operation does not exist.
 */
export function assertDeviationsKnown(
  deviations: readonly Deviation[],
  checks: readonly string[],
  operations: readonly string[],
): void {
  for (const [i, { check, operation }] of deviations.entries()) {
    const place = `deviation ${i + 1}`;
    if (!checks.includes(check)) throw new Error(`${place}: ${noSuchCheck(check, checks)}`);
    if (operation !== undefined && !operations.includes(operation)) {
      throw new Error(`${place}: ${noSuchOperation(operation, operations)}`);
    }
  }
}

/** Returns the message to a user who names a check that does not exist. */
export function noSuchCheck(check: string, checks: readonly string[]): string {
  return `there is no check ${check}${nearestTo(check, checks)}: koodrive-conformance --list prints them all`;
}

/** Returns the message to a user who names an operation that the contract does not have. */
export function noSuchOperation(operation: string, operations: readonly string[]): string {
  const hint = nearestTo(operation, operations);
  return `the contract has no operation ${operation}${hint}: it has ${operations.join(', ')}`;
}

/** Returns the known name that is most like an unknown one, as the end of a message; empty if none is like it. */
function nearestTo(name: string, names: readonly string[]): string {
  const shared = (other: string): number => [...pairsOf(other)].filter((pair) => pairsOf(name).has(pair)).length;
  const [nearest = ''] = names.toSorted((a, b) => shared(b) - shared(a));
  return shared(nearest) > name.length / 2 ? ` (did you mean ${nearest}?)` : '';
}

/** Returns every pair of adjacent letters in a word. */
const pairsOf = (word: string): Set<string> => new Set([...word].slice(1).map((letter, i) => `${word[i]}${letter}`));

/**
 * Applies deviations to results. A declared violation is reported and does not fail the run. A declaration that has
 * expired, or whose violation was not found, is a violation itself.
 *
 * @param now In milliseconds since the Unix epoch.
 */
export function applyDeviations(results: readonly Result[], deviations: readonly Deviation[], now: number): Result[] {
  const isOver = ({ expires }: Deviation): boolean => now >= Date.parse(expires) + 86_400_000;
  const matches = (deviation: Deviation, { check, operation, outcome }: Result): boolean =>
    (outcome === 'violated' || outcome === 'our reading') &&
    deviation.check === check &&
    (deviation.operation === undefined || deviation.operation === operation);
  const declared = results.map((result) => {
    const deviation = deviations.find((each) => !isOver(each) && matches(each, result));
    return deviation ? { ...result, outcome: 'declared' as const, reason: deviation.reason } : result;
  });
  const wrong = deviations.flatMap((deviation) => {
    if (isOver(deviation)) return [wrongDeviation(deviation, `it expired on ${deviation.expires}`)];
    if (results.some((result) => matches(deviation, result))) return [];
    const ofCheck = results.filter(({ check }) => check === deviation.check);
    const { operation } = deviation;
    const seen = ofCheck.filter((result) => operation === undefined || result.operation === operation);
    const judged = ofCheck.filter(({ outcome }) => outcome !== 'not observed' && outcome !== 'skipped');
    // A check that did not run, or saw nothing, cannot show that a declaration is no longer needed.
    if (judged.length === 0 || seen.some(({ outcome }) => outcome === 'not observed')) return [];
    if (seen.length > 0) return [wrongDeviation(deviation, 'the declared violation was not found')];
    return [wrongDeviation(deviation, `the check judged ${judged.map((result) => result.operation).join(', ')} only`)];
  });
  return [...declared, ...wrong];
}

function wrongDeviation({ check, operation, reason }: Deviation, why: string): Result {
  const violation: Violation = {
    pointer: 'the file of deviations',
    expected: `a deviation that is still needed: ${check}${operation === undefined ? '' : ` of ${operation}`}, ${reason}`,
    got: why,
    atFault: 'setup',
  };
  return {
    check: 'deviations',
    title: 'Each declared deviation is needed and has not expired.',
    level: 'contract',
    ...(operation !== undefined && { operation }),
    outcome: 'violated',
    observations: 0,
    violated: 1,
    violations: [violation],
  };
}
