import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { find, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { listChecks } from '../src/checks/all.ts';
import type { Report } from '../src/findings/report.ts';
import { consoleReport } from '../src/formats/console.ts';
import type { ConformanceOptions } from '../src/settings.ts';
import { type FaultyProvider, faultyProviders } from './faulty-providers.ts';
import { holdTimers, withoutWaiting } from './hold-timers.ts';
import { type Reference, startReference } from './run-against.ts';
import { screenLines } from './screen-lines.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());
afterEach(() => void vi.useRealTimers());

const isSoak = process.env.MODE === 'soak';
const errata = readFileSync(fileURLToPath(import.meta.resolve('@koodrive-backup/spec/errata.md')), 'utf8');

/** The first faulty provider of each check and of each class. */
const selection = faultyProviders.filter(
  (one) => isFirst(one, ({ check }) => check) || isFirst(one, (provider) => provider.class),
);

function isFirst(one: FaultyProvider, kindOf: (provider: FaultyProvider) => string): boolean {
  return faultyProviders.find((other) => kindOf(other) === kindOf(one)) === one;
}

/** A pointer names a place in the contract, or an erratum. */
function expectPlace(pointer: string): void {
  const [, erratum] = /^errata\.md#(e\d+)$/.exec(pointer) ?? [];
  if (erratum) expect(errata).toMatch(new RegExp(`^### ${erratum}\\.`, 'im'));
  else find(contract, pointer);
}

/** The operations for which a check has found a violation. */
const violated = new Set<string | undefined>();

/** Runs the suite against a faulty provider, without waiting for answers that never come. */
async function runAgainst({ name, wrap }: FaultyProvider, options: Partial<ConformanceOptions>): Promise<Report> {
  const deadlineMs = 60_000;
  if (name === 'an answer beyond the limit') return reference.run({ ...options, deadlineMs: 800 }, wrap);
  holdTimers();
  return reference.run({ ...options, deadlineMs }, withoutWaiting(deadlineMs, wrap));
}

it.each(isSoak ? faultyProviders : selection)('finds by $check that $name', async (provider) => {
  // The suite meets some faults only by chance. This seed meets them all.
  const options = { only: [provider.check], seed: provider.check === 'any-order' ? 3 : 1, runs: isSoak ? 25 : 5 };
  const { findings, results } = await runAgainst(provider, options);
  const ofCheck = results.filter(({ check }) => check === provider.check);
  const found = ofCheck.filter(({ outcome }) => outcome === 'violated');
  expect(found, `seed ${options.seed}: ${JSON.stringify(ofCheck)}`).not.toEqual([]);
  for (const { operation, violations } of found) {
    violated.add(operation);
    for (const { pointer } of violations) expectPlace(pointer);
  }
  expect(findings.map(({ check }) => check)).toEqual([provider.check]);
});

/** A fault that violates many checks. Full runs are slow, so only soak runs the other faults. */
const farReaching = faultyProviders.filter(({ name }) => name === 'a completion ends the lock');

it.each(isSoak ? faultyProviders : farReaching)(
  'makes few findings, the first by $check, if $name',
  async (provider) => {
    const report = await runAgainst(provider, { seed: 1, runs: 2 });
    const { findings, results } = report;
    const told = findings.map(({ check, operation, checks, first }) => ({ check, operation, checks, first }));
    expect(findings.length, JSON.stringify(told)).toBeLessThanOrEqual(3);
    expect(screenLines(consoleReport(report, false))).toBeLessThanOrEqual(40);
    const isMetByChance = results.every(({ check, outcome }) => check !== provider.check || outcome !== 'violated');
    // A fault in every answer is reported by its own check, and by the check whose request showed it first.
    const [first] = findings;
    if (isMetByChance) return;
    const names = [provider.check, ...(provider.alsoNamedBy ?? [])];
    expect(
      [first?.check, first?.first.sentFor].some((name) => names.includes(`${name}`)),
      JSON.stringify(told),
    ).toBe(true);
  },
);

it('has found a violation of every operation', () => {
  expect([...violated].sort()).toEqual(
    readContract(contract)
      .operations.map(({ id }) => id)
      .sort(),
  );
});

it('has a faulty provider for every check, only for existing checks, each with its own name', () => {
  const checks = new Set(listChecks().map(({ id }) => id));
  expect(new Set(faultyProviders.map(({ check }) => check))).toEqual(checks);
  expect(new Set(faultyProviders.map(({ name }) => name)).size).toBe(faultyProviders.length);
});
