import type { Check, Objection } from '../check.ts';
import { securityPointer, twinName } from '../requests/faults.ts';
import type { Finding, Result } from './report.ts';

/** A result, with the links that it shares with other results of the same cause. */
export interface Linked {
  result: Result;
  links: ReadonlySet<string>;
  /**
   * Whether all its violations are valid refusals of requests that must be accepted. Those mostly follow from another
   * cause, such as a lock that was wrongly handed out.
   */
  isRefusals: boolean;
  /** The operation that its scenario is about; `undefined` for a check without a scenario. */
  subject: string | undefined;
}

/**
 * Returns texts that violations of one cause share: the check, the request, the expectation for an operation or the
 * fields that it compares, the answer to a request that was wrongly refused, and the place in the contract of a fault
 * that was wrongly accepted.
 */
export function linksOf({ id, needs = [] }: Check, operation: string, objection: Objection): string[] {
  const { pointer, expected, got, exchange } = objection;
  const refusal = isRefusal(objection) ? [`refusal ${withoutValues(got)}`] : [];
  const isAccepted = expected.startsWith('refused') && exchange?.judgement.isTaken;
  // Each kind of credential is a cause of its own.
  const kind = pointer === securityPointer ? needs.join(' ') : '';
  const place = `${acceptance}${operation} at ${pointer.replace(/\/schema$/, '')} ${kind}`;
  return [
    `check ${id}`,
    ...partsOf(expected).map((part) => `${operation} ${part}`),
    ...(exchange ? [`request ${exchange.number}`] : []),
    ...refusal,
    ...(isAccepted ? [place] : []),
  ];
}

/** The prefix of a link for a fault that an operation wrongly accepts. */
const acceptance = 'acceptance of ';

/** Whether the provider refused a request that it must accept. */
export const isRefusal = ({ expected, exchange }: Objection): boolean =>
  expected.startsWith('accepted') && exchange?.judgement.isDenied === true;

/** Returns the names of the fields that an expectation compares, or its words if it compares none. */
function partsOf(expected: string): string[] {
  if (!expected.startsWith('{')) return [withoutValues(expected)];
  try {
    return Object.keys(JSON.parse(expected));
  } catch {
    return [withoutValues(expected)];
  }
}

/** Removes the values from a text, so that only the words and the names of fields remain. */
function withoutValues(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"(?!:)/g, '""').replace(/\d+/g, '0');
}

/**
 * Groups violated results by cause. The first result of a group names the finding. Results that fail the run come
 * before those that do not, then other violations before wrong refusals, then frequent ones before rare ones. Of
 * several scenarios, one about the operation comes first, and then the simplest, which the list of checks has first. The
 * groups have the same order.
 */
export function findingsOf(all: readonly Linked[]): Finding[] {
  const groups: { links: Set<string>; results: Result[] }[] = [];
  const blind = blindOperations(all);
  for (const { result, links: own } of all) {
    const isBlind = result.operation !== undefined && blind.has(result.operation) && placesIn(own).length > 0;
    const links = isBlind ? [...own, `${result.operation} accepts everything`] : [...own];
    const related = groups.filter((group) => links.some((link) => group.links.has(link)));
    const [first, ...others] = related;
    if (!first) {
      groups.push({ links: new Set(links), results: [result] });
      continue;
    }
    first.results.push(result);
    for (const link of links) first.links.add(link);
    for (const other of others) {
      first.results.push(...other.results);
      for (const link of other.links) first.links.add(link);
      groups.splice(groups.indexOf(other), 1);
    }
  }
  const placeOf = (result: Result): number => all.findIndex((one) => one.result === result);
  const isWorse = (result: Result): [boolean, boolean] => [!fails(result), all[placeOf(result)]?.isRefusals === true];
  const subjectOf = (result: Result): string | undefined => all[placeOf(result)]?.subject;
  const isScenario = (result: Result): boolean => subjectOf(result) !== undefined;
  const sorted = groups.map(({ results }) => {
    const counts = Map.groupBy(results, ({ check }) => check);
    // One refusal leads to the next, so the first names the group, not the most frequent. A refused twin says least.
    const rarity = (result: Result): number =>
      isWorse(result)[1] ? Number(isOfTwin(result)) : -sumOf(counts.get(result.check) ?? []);
    const ordered = sortedBy(results, (result) => [...isWorse(result), rarity(result), placeOf(result)]);
    const scenarios = sortedBy(ordered.filter(isScenario), (result) => [
      ...isWorse(result),
      subjectOf(result) !== result.operation,
      placeOf(result),
    ]);
    return ordered.map((result) => (isScenario(result) ? (scenarios.shift() ?? result) : result));
  });
  const named = sorted.filter((results): results is [Result, ...Result[]] => results.length > 0);
  return sortedBy(named, (group) => [...isWorse(group[0]), -sumOf(group), placeOf(group[0])]).flatMap(findingOf);
}

/** An operation that wrongly accepts faults at this many places counts as one that validates nothing. */
const manyPlaces = 4;

const placesIn = (links: ReadonlySet<string>): string[] => [...links].filter((link) => link.startsWith(acceptance));

/** Returns the operations that validate nothing. */
function blindOperations(all: readonly Linked[]): Set<string> {
  const places = new Map<string, Set<string>>();
  for (const { result, links } of all) {
    const known = places.get(result.operation ?? '') ?? new Set();
    places.set(result.operation ?? '', new Set([...known, ...placesIn(links)]));
  }
  return new Set([...places].filter(([, found]) => found.size >= manyPlaces).map(([operation]) => operation));
}

/** Returns the items sorted by several keys. The first key counts most. */
function sortedBy<T>(items: readonly T[], keysOf: (item: T) => readonly (number | boolean)[]): T[] {
  return items.toSorted((a, b) => {
    const [one, other] = [keysOf(a), keysOf(b)];
    return one.map((key, i) => Number(key) - Number(other[i])).find((difference) => difference !== 0) ?? 0;
  });
}

const sumOf = (results: readonly Result[]): number => results.reduce((sum, { violated }) => sum + violated, 0);

const isOfTwin = ({ violations: [first] }: Result): boolean => first?.expected === `accepted: ${twinName}`;

const fails = ({ outcome }: Result): boolean => outcome === 'violated';

function findingOf(results: readonly Result[]): Finding[] {
  const [result] = results;
  const [first] = result?.violations ?? [];
  if (!result || !first) return [];
  const { check, title, operation } = result;
  return [
    {
      check,
      title,
      ...(operation !== undefined && { operation }),
      fails: fails(result),
      checks: [...new Set(results.map((one) => one.check))],
      operations: [...new Set(results.flatMap((one) => one.operation ?? []))],
      violated: sumOf(results),
      first,
    },
  ];
}
