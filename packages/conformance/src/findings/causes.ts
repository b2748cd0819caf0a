import type { Check, Objection } from '../check.ts';
import type { Finding, Result } from './report.ts';

/** A result, with what it has in common with others of the same cause. */
export interface Linked {
  result: Result;
  links: ReadonlySet<string>;
}

/**
 * What violations of one cause have in common: the check, the request, what was expected of an operation, or the words in
 * which a provider refuses what it has to accept.
 */
export function linksOf({ id }: Check, operation: string, { expected, got, exchange }: Objection): string[] {
  const refusal = /^accepted/.test(expected) && !exchange?.judgement.isTaken ? [`refusal ${withoutValues(got)}`] : [];
  return [
    `check ${id}`,
    `${operation} ${withoutValues(expected)}`,
    ...(exchange ? [`request ${exchange.number}`] : []),
    ...refusal,
  ];
}

/** A text without the values in it, so that only the names of fields and the words are left. */
function withoutValues(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"(?!:)/g, '""').replace(/\d+/g, '0');
}

/** Groups violated results by cause. The first of a group, in the order of the checks, names it. */
export function findingsOf(all: readonly Linked[]): Finding[] {
  const groups: { links: Set<string>; results: Result[] }[] = [];
  for (const { result, links } of all) {
    const related = groups.filter((group) => [...links].some((link) => group.links.has(link)));
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
  const order = (result: Result | undefined): number => all.findIndex((one) => one.result === result);
  const sorted = groups.map(({ results }) => results.toSorted((a, b) => order(a) - order(b)));
  return sorted.toSorted(([a], [b]) => order(a) - order(b)).flatMap(findingOf);
}

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
      checks: [...new Set(results.map((one) => one.check))],
      operations: [...new Set(results.flatMap((one) => one.operation ?? []))],
      violated: results.reduce((sum, one) => sum + one.violated, 0),
      first,
    },
  ];
}
