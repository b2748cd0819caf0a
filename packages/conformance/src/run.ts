import { AsyncLocalStorage } from 'node:async_hooks';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { AnswerCheck, Check, Observer, Suite } from './check.ts';
import { answered } from './checks/answers.ts';
import { CouldNotRun } from './could-not-run.ts';
import { createSetup } from './findings/at-fault.ts';
import { findingsOf } from './findings/causes.ts';
import { type CoverageAccount, createCoverage } from './findings/coverage.ts';
import { createCurlWriter } from './findings/curl.ts';
import { applyDeviations } from './findings/deviations.ts';
import { createFindings, type Findings } from './findings/findings.ts';
import { createRepeatedIds } from './findings/repeated-ids.ts';
import { replayed } from './findings/replay.ts';
import type { Report, Result } from './findings/report.ts';
import { errataDeciding } from './findings/sources.ts';
import { unknownFieldsOf } from './findings/unknown-fields.ts';
import { warningsOf } from './findings/warnings.ts';
import { harEntry } from './formats/har.ts';
import { createClock } from './http/clock.ts';
import { createMask } from './http/secrets.ts';
import { createSession, type Exchange, type ExchangeObserver, LimitReached, type Session } from './http/session.ts';
import { probe } from './probe.ts';
import { createFixtures } from './requests/fixtures.ts';
import { kindsOf } from './requests/kinds.ts';
import { createScope } from './requests/scope.ts';
import { runTasks, type Task } from './schedule.ts';
import { type ConformanceOptions, notOfLevel, type Settings, settingsOf } from './settings.ts';
import { missingOf, showTasks, tasksOf } from './tasks.ts';

/** Why a request is sent, in words. Tasks that run at the same time each have their own value. */
const purpose = new AsyncLocalStorage<{ words: string; check?: string }>();

/**
 * Tests whether a provider honours the contract.
 *
 * At the end the suite removes what it created, as far as the provider allows.
 *
 * @throws CouldNotRun if the provider cannot be reached or does not know the credentials, or if an option is wrong.
 */
export async function runConformance(options: ConformanceOptions): Promise<Report> {
  const run = createRun(settingsOf(options));
  await sendAll(run);
  return reportOf(run);
}

/** What a run sends with, and what has seen the answers. */
interface Run {
  startedAt: Date;
  /** The begin of the run, on the clock of `performance`. */
  start: number;
  settings: Settings;
  /** The checks that run. */
  chosen: readonly Check[];
  suite: Suite;
  findings: Findings;
  /** The observers of the chosen checks. */
  observers: ReadonlyMap<Check, Observer>;
  coverage: CoverageAccount;
}

function createRun(settings: Settings): Run {
  const { baseUrl, credentials: main, other, expiredToken, lockId, whole, contract, refusal, secrets } = settings;
  const { checks, skipped, renewToken, signal, wait } = settings;
  const tokens = {
    KOODRIVE_TOKEN: main.token,
    KOODRIVE_OTHER_TOKEN: other?.token,
    KOODRIVE_EXPIRED_TOKEN: expiredToken,
  };
  const kinds = kindsOf(whole);
  const curl = createCurlWriter(baseUrl, kinds, tokens);
  const repeatedIds = createRepeatedIds(kinds);
  const setup = createSetup(lockId);
  const findings = createFindings(contract, checks, {
    curl,
    setup,
    kinds,
    repeatedIds,
    secrets,
    sentFor: () => purpose.getStore()?.check,
    errataDeciding: (pointer) => errataDeciding(document, pointer),
    isStrict: settings.strict,
  });
  const chosen = checks.filter((check) => !skipped.has(check));
  const answerChecks = chosen.filter(looks);
  const observers = new Map(chosen.map((check) => [check, findings.observer(check)]));
  const coverage = createCoverage(contract, refusal);
  const clock = createClock();
  const exchangeObservers: ExchangeObserver[] = [];
  const renewSecretly = async (renew: () => Promise<string>): Promise<string> => {
    const token = await renew();
    secrets.push(token);
    return token;
  };
  const { headers, ca, deadlineMs, maxRequests, concurrency, rate } = settings;
  const session = createSession({
    baseUrl,
    identity: main,
    refusal,
    clock,
    observers: exchangeObservers,
    headers,
    ca,
    deadlineMs,
    maxRequests,
    concurrency,
    rate,
    signal,
    renewToken: renewToken && (() => renewSecretly(renewToken)),
  });
  // The machine codes of each run are unique, even if two runs have the same seed.
  const fixtures = createFixtures(contract, session, clock, main, randomInt(2 ** 40).toString(36), lockId);
  exchangeObservers.push(
    ...harObservers(settings),
    setup,
    curl,
    fixtures,
    coverage,
    repeatedIds,
    {
      observe(exchange) {
        for (const check of answerChecks) look(check, exchange, observers.get(check));
      },
    },
    {
      observe(exchange) {
        for (const text of unknownFieldsOf(exchange)) findings.note(text);
      },
    },
  );
  const suite: Suite = {
    contract,
    whole,
    session,
    fixtures,
    clock,
    main,
    other,
    expiredToken,
    wait,
    seed: settings.seed,
    runs: settings.runs,
    scope: createScope(contract.operations, settings.profile),
    provenTwins: new Set(),
    pause: wait ?? ((ms) => sleep(ms, undefined, signal && { signal }).catch(() => {})),
  };
  return { startedAt: new Date(), start: performance.now(), settings, chosen, suite, findings, observers, coverage };
}

function harObservers({ onExchange, baseUrl, secrets }: Settings): ExchangeObserver[] {
  if (!onExchange) return [];
  const observe = (exchange: Exchange): void =>
    onExchange(harEntry(exchange, baseUrl, purpose.getStore()?.words ?? 'to see who answers', secrets));
  return [{ seesRepeated: true, observe }];
}

const looks = (check: Check): check is AnswerCheck => 'look' in check;

function look(check: AnswerCheck, exchange: Exchange, observer: Observer | undefined): void {
  const found = check.look(exchange);
  const { operation } = exchange.call;
  if (found === undefined) observer?.passed(operation);
  else if (found !== 'nothing') observer?.violated(operation, { ...found, exchange });
}

/** Sends everything, the requests that clean up too. */
async function sendAll(run: Run): Promise<void> {
  const { settings, suite } = run;
  const { session, fixtures } = suite;
  try {
    await probe(suite, settings.baseUrl, createMask(settings.secrets));
    await runTasks(allTasks(run), settings.concurrency);
    await session.lift();
    await purpose.run({ words: 'to clean up' }, fixtures.cleanUp);
  } catch (error) {
    // Only the probe lets this error pass: from then on each check handles the limit itself.
    throw error instanceof LimitReached ? new CouldNotRun(error.message, { cause: error }) : error;
  } finally {
    session.close();
  }
}

function allTasks({ settings: { onCheck }, chosen, suite, observers }: Run): Task[] {
  const begun = new Set<Check>();
  const count = chosen.filter((check) => !looks(check)).length;
  const begin = (check: Check): void => {
    if (begun.has(check)) return;
    begun.add(check);
    onCheck?.({ id: check.id, title: check.title, index: begun.size - 1, count });
  };
  const tasks = tasksOf(suite, chosen, observers).map(({ check, turn, work }) => ({
    turn,
    work: () => {
      begin(check);
      return purpose.run({ words: `for the check ${check.id}`, check: check.id }, work);
    },
  }));
  if (!chosen.some(looks)) return tasks;
  const shows = showTasks(suite).map(({ turn, work }) => ({
    turn,
    work: () => purpose.run({ words: 'for the checks of answers' }, work),
  }));
  return [...tasks, ...shows];
}

function reportOf({ startedAt, start, settings, chosen, suite, findings, coverage }: Run): Report {
  const { contract, replay, operations, wait } = settings;
  const { lastUnanswered, endedEarly, requests } = suite.session;
  const skipped = new Map(settings.skipped);
  if (lastUnanswered && skipped.delete(answered)) look(answered, lastUnanswered, findings.observer(answered));
  const seen = findings.results(skipped);
  const results = applyDeviations(seen, settings.deviations, Date.now());
  if (!replay && endedEarly === undefined) assertSeen(results, chosen);
  const exercised = coverage.coverage();
  const leftOut = [...skipped.values()].filter((reason) => reason !== notOfLevel).length;
  return {
    version: 2,
    honoured: results.every(({ outcome }) => outcome !== 'violated'),
    contract: { title: contract.title, version: contract.version },
    provider: settings.baseUrl.href,
    level: settings.level,
    refusal: settings.refusal,
    profile: settings.profile,
    ...(operations && { operations: [...operations] }),
    strict: settings.strict,
    seed: settings.seed,
    runs: settings.runs,
    slow: wait !== undefined,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - start),
    requests,
    ...(endedEarly !== undefined && { endedEarly }),
    findings: findingsOf(findings.linked(results)),
    results,
    ...(replay && { replayed: replayed(settings.failures, results) }),
    coverage: exercised,
    missing: missingOf(chosen, suite),
    warnings: replay ? [] : warningsOf(contract, seen, exercised, { endedEarly, leftOut }),
    notes: [...findings.notes],
    leftBehind: [...suite.fixtures.leftBehind(), ...unknownRemains(suite.session)],
  };
}

/**
 * Refuses a verdict if the only answers came to requests that the suite sends first, such as one for a lock. Otherwise a
 * provider that refuses everything would pass.
 *
 * @throws CouldNotRun with the most frequent reason why nothing was seen.
 */
function assertSeen(results: readonly Result[], chosen: readonly Check[]): void {
  const sending = new Set(chosen.filter((check) => !('look' in check)).map(({ id }) => id));
  const judged = results.filter(({ check }) => sending.size === 0 || sending.has(check));
  if (results.some(({ outcome }) => outcome === 'violated')) return;
  if (judged.some(({ outcome }) => outcome !== 'not observed' && outcome !== 'skipped')) return;
  const reasons = Map.groupBy(judged, ({ reason }) => reason);
  const [[reason] = []] = [...reasons].toSorted(([, a], [, b]) => b.length - a.length);
  throw new CouldNotRun(`no check has seen anything to judge by: ${reason ?? 'no check was chosen'}`);
}

/** Describes what abandoned requests may have created: an interruption cut off the answer, so the id is unknown. */
function unknownRemains({ abandoned }: Session): string[] {
  const creating = abandoned.filter(({ method }) => method === 'POST');
  return creating.map(({ operation }) => `whatever ${operation.id} created: the interruption cut off its answer`);
}
