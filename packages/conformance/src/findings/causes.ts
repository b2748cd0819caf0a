import type { Check, Objection } from '../check.ts';
import { securityPointer } from '../requests/faults.ts';
import type { Finding, Result } from './report.ts';

/** A result, with what it has in common with others of the same cause. */
export interface Linked {
  result: Result;
  links: ReadonlySet<string>;
  /**
   * Whether nothing but orderly refusals of what has to be accepted were seen. Those are mostly what follows from a
   * cause elsewhere, such as a lock that was handed out wrongly.
   */
  isRefusals: boolean;
}

/**
 * What violations of one cause have in common: the check, the request, what was expected of an operation, the words in
 * which a provider refuses what it has to accept, or the place that it has to refuse and accepts.
 */
export function linksOf({ id, needs = [] }: Check, operation: string, objection: Objection): string[] {
  const { pointer, expected, got, exchange } = objection;
  const refusal = isRefusal(objection) ? [`refusal ${withoutValues(got)}`] : [];
  const isAccepted = expected.startsWith('refused') && exchange?.judgement.isTaken;
  // What a credential is not held to is one cause for each kind of credential.
  const kind = pointer === securityPointer ? needs.join(' ') : '';
  const place = `${acceptance}${operation} at ${pointer.replace(/\/schema$/, '')} ${kind}`;
  return [
    `check ${id}`,
    `${operation} ${withoutValues(expected)}`,
    ...(exchange ? [`request ${exchange.number}`] : []),
    ...refusal,
    ...(isAccepted ? [place] : []),
  ];
}

/** In front of each place that an operation has to refuse and accepts. */
const acceptance = 'acceptance of ';

/** Whether something was refused that has to be accepted. */
export const isRefusal = ({ expected, exchange }: Objection): boolean =>
  expected.startsWith('accepted') && exchange?.judgement.isDenied === true;

/** A text without the values in it, so that only the names of fields and the words are left. */
function withoutValues(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"(?!:)/g, '""').replace(/\d+/g, '0');
}

/**
 * Groups violated results by cause. The first of a group names it: what fails the run comes before what does not, what
 * was done wrongly before what was refused wrongly, and what was seen most often before the rest. Groups are sorted so,
 * too.
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
  const sorted = groups.map(({ results }) => {
    const counts = Map.groupBy(results, ({ check }) => check);
    // Refusals follow from each other, so that the first counts, not the most frequent.
    const rarity = (result: Result): number => (isWorse(result)[1] ? 0 : -sumOf(counts.get(result.check) ?? []));
    return sortedBy(results, (result) => [...isWorse(result), rarity(result), placeOf(result)]);
  });
  const named = sorted.filter((results): results is [Result, ...Result[]] => results.length > 0);
  return sortedBy(named, (group) => [...isWorse(group[0]), -sumOf(group), placeOf(group[0])]).flatMap(findingOf);
}

/** From this many places on, an operation that accepts what it has to refuse is taken to look at nothing. */
const manyPlaces = 4;

const placesIn = (links: ReadonlySet<string>): string[] => [...links].filter((link) => link.startsWith(acceptance));

/** The operations that accept whatever they are sent. */
function blindOperations(all: readonly Linked[]): Set<string> {
  const places = new Map<string, Set<string>>();
  for (const { result, links } of all) {
    const known = places.get(result.operation ?? '') ?? new Set();
    places.set(result.operation ?? '', new Set([...known, ...placesIn(links)]));
  }
  return new Set([...places].filter(([, found]) => found.size >= manyPlaces).map(([operation]) => operation));
}

/** Sorts by keys, the first of which counts most. */
function sortedBy<T>(items: readonly T[], keysOf: (item: T) => readonly (number | boolean)[]): T[] {
  return items.toSorted((a, b) => {
    const [one, other] = [keysOf(a), keysOf(b)];
    return one.map((key, i) => Number(key) - Number(other[i])).find((difference) => difference !== 0) ?? 0;
  });
}

const sumOf = (results: readonly Result[]): number => results.reduce((sum, { violated }) => sum + violated, 0);

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
