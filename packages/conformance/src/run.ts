import { AsyncLocalStorage } from 'node:async_hooks';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Contract, type Operation, readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { type AnswerCheck, type Check, type Level, type Need, needs, type Observer, type Suite } from './check.ts';
import { allChecks } from './checks/all.ts';
import { answered } from './checks/answers.ts';
import { caseTasks, turnOf } from './checks/cases.ts';
import { runScenario } from './checks/state/scenario.ts';
import { createSetup } from './findings/at-fault.ts';
import { findingsOf } from './findings/causes.ts';
import { createCoverage } from './findings/coverage.ts';
import { createCurlWriter } from './findings/curl.ts';
import {
  applyDeviations,
  assertDeviationsKnown,
  type Deviation,
  noSuchCheck,
  noSuchOperation,
} from './findings/deviations.ts';
import { createFindings } from './findings/findings.ts';
import { checksAgain, failuresOf, replayed } from './findings/replay.ts';
import type { Missing, Report, Result } from './findings/report.ts';
import { errataDeciding } from './findings/sources.ts';
import { unknownFieldsOf } from './findings/unknown-fields.ts';
import { warningsOf } from './findings/warnings.ts';
import { type HarEntry, harEntry } from './formats/har.ts';
import { createClock } from './http/clock.ts';
import { createMask, type Mask } from './http/secrets.ts';
import {
  createSession,
  type Exchange,
  type ExchangeObserver,
  type Identity,
  LimitReached,
  type Session,
} from './http/session.ts';
import type { Answer } from './http/wire.ts';
import type { RefusalForm } from './judge/oracle.ts';
import type { Call } from './requests/call.ts';
import { createFixtures, unlessMissing } from './requests/fixtures.ts';
import { kindsOf } from './requests/kinds.ts';
import { createScope, type Profile } from './requests/scope.ts';
import { runTasks, type Task } from './schedule.ts';

/** What is tested, and how. */
export interface ConformanceOptions {
  /** Where the provider is: the URL before the contract's paths. */
  baseUrl: string;
  /** The user as whom requests are sent. With a token and an app, requests carry the token, signatures are tested too. */
  credentials: Identity;
  /** Another user, for the checks that need one: without, they are not observed. */
  other?: Identity;
  /** A token of the main user's that has expired. Without, it is not observed that one is refused. */
  expiredToken?: string;
  /** A live lock's id, for a provider that has no operation to take one. */
  lockId?: string;
  /** Default `contract`. `behaviour` has the checks of `contract` too. */
  level?: Level;
  /** How the provider refuses. Default `either`. */
  refusal?: RefusalForm;
  /** Default `full`. `quick` tries some of each kind, which takes a third of the requests. */
  profile?: Profile;
  /** How many made-up requests each operation gets, and how many sequences of them all. Default 25, or 5 if `quick`. */
  runs?: number;
  /** What requests are made up from. Default: another one each time. */
  seed?: number;
  /** Whether what only our reading decides, by an erratum alone, is violated too. Default: it is told, and fails nothing. */
  strict?: boolean;
  /**
   * A report whose failures are sent again, and nothing else. Level, refusal, strict, runs and seed are those of the
   * report, and may not be given.
   */
  replay?: Report;
  /** The ids of the operations that are tested. Default: all. For a provider that has some of them only. */
  operations?: readonly string[];
  /** The ids of the checks that are run. Default: all of the level. */
  only?: readonly string[];
  /** The ids of checks that are not run. */
  skip?: readonly string[];
  /** Violations that are known and put up with. */
  deviations?: readonly Deviation[];
  /** How many requests are sent at most, those that clean up not counted. Default: no limit. */
  maxRequests?: number;
  /** How many requests wait for their answers at a time. Default 8. */
  concurrency?: number;
  /** How many requests are sent in a second at most, unless the run is interrupted. Default: no limit. */
  rate?: number;
  /** Headers that every request has beside its own. Their values are secret. */
  headers?: Readonly<Record<string, string>>;
  /** Certificates that are trusted beside those that Node.js trusts, in PEM. */
  ca?: string;
  /**
   * Gets a new token for the main user, after the provider has refused the one before with 401 in a request whose
   * X-User-Id and X-Date are right. It is asked once a minute at most.
   */
  renewToken?: () => Promise<string>;
  /** How long an answer may take, in milliseconds. Default 10,000. After three in a row that do not come the run ends. */
  deadlineMs?: number;
  /**
   * How the checks wait that need minutes to pass, by milliseconds: a test whose provider takes an injected clock moves
   * that. Without, such checks are not observed.
   */
  wait?: (ms: number) => Promise<void>;
  /**
   * Ends the run within some 5 seconds: what was created is removed, as fast as the provider takes it, and the report
   * tells what was not observed and what is left behind.
   */
  signal?: AbortSignal;
  /** Is told of each check when it begins. */
  onCheck?: (check: { id: string; title: string; index: number; count: number }) => void;
  /** Is told of each request and its answer, as an entry of an HTTP Archive (HAR 1.2), without secrets. */
  onExchange?: (entry: HarEntry) => void;
}

/** The suite could not be run: the message says why, in a line. */
export class CouldNotRun extends Error {
  override name = 'CouldNotRun';
}

/** What requests are sent for, in words. What is sent side by side each has its own. */
const purpose = new AsyncLocalStorage<{ words: string; check?: string }>();

/** Read once for all runs of a process, because compiling its schemas takes longer than a short run. */
let known: Contract | undefined;

/** Compiles the schemas of answers too, so that an error in one of them shows before the first request. */
function readForJudging(): Contract {
  const contract = readContract(document);
  for (const response of contract.operations.flatMap(({ responses }) => Object.values(responses))) response.validate;
  return contract;
}

/**
 * Tests whether a provider honours the contract.
 *
 * What it creates, it removes at the end, as far as the provider lets it.
 *
 * @throws CouldNotRun where the provider cannot be reached, does not know the credentials, or an option is wrong.
 */
export async function runConformance(given: ConformanceOptions): Promise<Report> {
  const { replay } = given;
  const options = replay ? { ...given, ...settingsOf(replay) } : given;
  const { credentials: main, other, level = 'contract', refusal = 'either', profile = 'full' } = options;
  const { concurrency = 8, runs = profile === 'quick' ? 5 : 25 } = options;
  const { maxRequests = Number.POSITIVE_INFINITY, rate = Number.POSITIVE_INFINITY, deadlineMs = 10_000 } = options;
  const { seed = randomInt(2 ** 31), deviations = [], strict: isStrict = false } = options;
  const baseUrl = parseBaseUrl(options.baseUrl);
  const startedAt = new Date();
  const start = performance.now();
  known ??= readForJudging();
  const whole = known;
  const all = allChecks(refusal);
  const operations = whole.operations.map(({ id }) => id);
  const ids = all.map(({ id }) => id);
  orCouldNotRun(() => assertDeviationsKnown(deviations, ids, operations));
  const failures = replay ? orCouldNotRun(() => failuresOf(replay, all, operations)) : [];
  const checks = replay ? checksAgain(failures, all) : all;
  const contract = { ...whole, operations: testedOperations(whole, options.operations) };
  const skipped = skippedChecks(checks, options);
  const chosen = checks.filter((check) => !skipped.has(check));
  const { expiredToken, wait } = options;
  const secrets = secretsOf(options);
  const tokens = {
    KOODRIVE_TOKEN: main.token,
    KOODRIVE_OTHER_TOKEN: other?.token,
    KOODRIVE_EXPIRED_TOKEN: expiredToken,
  };
  const curl = createCurlWriter(baseUrl, kindsOf(whole), tokens);
  const setup = createSetup(options.lockId);
  const findings = createFindings(contract, checks, {
    curl,
    setup,
    secrets,
    sentFor: () => purpose.getStore()?.check,
    errataDeciding: (pointer) => errataDeciding(document, pointer),
    isStrict,
  });
  const coverage = createCoverage(contract, refusal);
  const answerChecks = chosen.filter((check): check is AnswerCheck => 'look' in check);
  const observers = new Map<Check, Observer>(chosen.map((check) => [check, findings.observer(check)]));
  const clock = createClock();

  const { signal } = options;
  const { headers = {}, ca, renewToken } = options;
  const limits = { deadlineMs, maxRequests, concurrency, rate, signal };
  assertOwnHeaders(headers);
  const exchangeObservers: ExchangeObserver[] = [];
  const renewSecretly = async (renew: () => Promise<string>): Promise<string> => {
    const token = await renew();
    secrets.push(token);
    return token;
  };
  const sending = { refusal, headers, ca, renewToken: renewToken && (() => renewSecretly(renewToken)), ...limits };
  const session = createSession({ baseUrl, identity: main, ...sending, clock, observers: exchangeObservers });
  // A run's own devices have names of their own, also where two runs have one seed.
  const fixtures = createFixtures(contract, session, clock, main, randomInt(2 ** 40).toString(36), options.lockId);
  const { onExchange } = options;
  exchangeObservers.push(
    ...(onExchange
      ? [
          {
            seesRepeated: true,
            observe: (one: Exchange) =>
              onExchange(harEntry(one, baseUrl, purpose.getStore()?.words ?? 'to see who answers', secrets)),
          },
        ]
      : []),
    setup,
    curl,
    fixtures,
    coverage,
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
  const scope = createScope(contract.operations, profile);
  const pause = wait ?? ((ms) => sleep(ms, undefined, signal && { signal }).catch(() => {}));
  const settings = { main, other, expiredToken, seed, runs, wait, pause };
  const suite: Suite = { contract, whole, session, fixtures, clock, scope, provenTwins: new Set(), ...settings };

  try {
    await probe(suite, createMask(secrets));
    const shows = answerChecks.length === 0 ? [] : showTasks(suite);
    const begun = new Set<Check>();
    const count = chosen.length - answerChecks.length;
    const begin = (check: Check): void => {
      if (begun.has(check)) return;
      begun.add(check);
      options.onCheck?.({ id: check.id, title: check.title, index: begun.size - 1, count });
    };
    const tasks = [
      ...tasksOf(suite, chosen, observers).map(({ check, turn, work }) => ({
        turn,
        work: () => {
          begin(check);
          return purpose.run({ words: `for the check ${check.id}`, check: check.id }, work);
        },
      })),
      ...shows.map(({ turn, work }) => ({
        turn,
        work: () => purpose.run({ words: 'for the checks of answers' }, work),
      })),
    ];
    await runTasks(tasks, concurrency);
    await session.lift();
    await purpose.run({ words: 'to clean up' }, fixtures.cleanUp);
  } catch (error) {
    // Once the provider is known to be there, each check deals with the limit itself.
    throw error instanceof LimitReached ? new CouldNotRun(error.message, { cause: error }) : error;
  } finally {
    session.close();
  }
  const { lastUnanswered, endedEarly } = session;
  if (lastUnanswered && skipped.delete(answered)) look(answered, lastUnanswered, findings.observer(answered));
  const seen = findings.results(skipped);
  const tested = ({ operation }: Deviation): boolean =>
    operation === undefined || contract.operations.some(({ id }) => id === operation);
  const results = applyDeviations(seen, deviations.filter(tested), Date.now());
  if (!replay && endedEarly === undefined) assertSeen(results, chosen);
  const exercised = coverage.coverage();
  const leftOut = [...skipped.values()].filter((reason) => reason !== notOfLevel).length;
  return {
    version: 2,
    honoured: results.every(({ outcome }) => outcome !== 'violated'),
    contract: { title: contract.title, version: contract.version },
    provider: baseUrl.href,
    level,
    refusal,
    profile,
    ...(options.operations && { operations: [...options.operations] }),
    strict: isStrict,
    seed,
    runs,
    slow: wait !== undefined,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - start),
    requests: session.requests,
    ...(endedEarly !== undefined && { endedEarly }),
    findings: findingsOf(findings.linked(results)),
    results,
    ...(replay && { replayed: replayed(failures, results) }),
    coverage: exercised,
    missing: missingOf(chosen, suite),
    warnings: replay ? [] : warningsOf(contract, seen, exercised, { endedEarly, leftOut }),
    notes: [...findings.notes],
    leftBehind: [...fixtures.leftBehind(), ...unknownRemains(session)],
  };
}

/** The ids and titles of all checks, and what each cannot do without, for a reader. */
export function listChecks(): { id: string; title: string; level: Level; needs: readonly Need[] }[] {
  return allChecks('either').map(({ id, title, level, needs = [] }) => ({ id, title, level, needs }));
}

/**
 * Refuses a verdict if nothing was seen but answers to what the suite needs first, such as a lock: a provider that refuses
 * everything must not pass.
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

/** What of a run decides which requests it sends, and how they are judged. */
function settingsOf({ level, refusal, profile, operations, seed, runs, strict }: Report): Partial<ConformanceOptions> {
  return { level, refusal, profile, ...(operations && { operations }), seed, runs, strict };
}

/** Reports an error with a message for the user as what it is here: a reason why the suite could not be run. */
function orCouldNotRun<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CouldNotRun((error as Error).message, { cause: error });
  }
}

/** Headers that are about the message, or that the contract has, are for the suite to choose. */
const suiteHeaders =
  /^(authorization|x-user-id|x-date|x-backup-lock-id|x-traceid|host|content-(type|length|encoding)|transfer-encoding|connection)$/i;

function assertOwnHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new CouldNotRun(`the header ${JSON.stringify(name)} is not one that HTTP can send`);
    }
    if (suiteHeaders.test(name)) throw new CouldNotRun(`the header ${name} is one that the suite sets itself`);
  }
}

function testedOperations({ operations }: Contract, chosen: readonly string[] | undefined): Operation[] {
  const ids = operations.map(({ id }) => id);
  const unknown = chosen?.find((id) => !ids.includes(id));
  if (unknown !== undefined) throw new CouldNotRun(noSuchOperation(unknown, ids));
  return operations.filter(({ id }) => chosen?.includes(id) ?? true);
}

/** What may have been created by requests whose answers an interruption has cut off, so that nobody knows its id. */
function unknownRemains({ abandoned }: Session): string[] {
  const creating = abandoned.filter(({ method }) => method === 'POST');
  return creating.map(({ operation }) => `what ${operation.id} has made, if anything, since its answer was cut off`);
}

function look(check: AnswerCheck, exchange: Exchange, observer: Observer | undefined): void {
  const found = check.look(exchange);
  const { operation } = exchange.call;
  if (found === undefined) observer?.passed(operation);
  else if (found !== 'nothing') observer?.violated(operation, { ...found, exchange });
}

/** Something that a check cannot do without, and the suite does not have. */
function missingFor(check: Check, { main, other, expiredToken, wait }: Suite): Need | undefined {
  const given = { token: main.token, app: main.app, other, expiredToken, time: wait };
  return check.needs?.find((need) => given[need] === undefined);
}

/** The checks that see nothing, by what was not given. */
function missingOf(checks: readonly Check[], suite: Suite): Missing[] {
  const unseen = Map.groupBy(checks, (check) => missingFor(check, suite));
  return [...unseen].flatMap(([need, group]) => {
    if (need === undefined) return [];
    const { what, option } = needs[need];
    return [{ what, option, checks: group.map(({ id }) => id) }];
  });
}

/** What the chosen checks do. Scenarios come first, because each is a long row of requests. */
function tasksOf(suite: Suite, chosen: readonly Check[], observers: ReadonlyMap<Check, Observer>): CheckTask[] {
  const tasks = chosen.flatMap((check): CheckTask[] => {
    const observer = observers.get(check);
    if (!observer) return [];
    const missing = missingFor(check, suite);
    if (missing !== undefined) {
      observer.notObserved(undefined, needs[missing].missing);
      return [];
    }
    const made = checkTasks(check, suite, observer);
    return made.map(({ turn, work }) => ({
      check,
      turn,
      work: () =>
        work().catch((error: unknown) => {
          // What a provider gives may be so far from the contract that a check stumbles over it: the others go on.
          const reason = error instanceof Error ? error.message : error;
          observer.notObserved(undefined, `the check could not go on: ${reason}`);
        }),
    }));
  });
  return tasks.sort((a, b) => Number('steps' in b.check) - Number('steps' in a.check));
}

interface CheckTask extends Task {
  check: Check;
}

function checkTasks(check: Check, suite: Suite, observer: Observer): Task[] {
  if ('cases' in check) return caseTasks(check, suite, observer);
  if ('steps' in check) return [{ turn: check.turn ?? 'any', work: () => runScenario(check, suite, observer) }];
  if ('run' in check) return [{ turn: 'alone', work: () => check.run(suite, observer) }];
  return [];
}

/** Sends each operation a request that is accepted and some that are refused, for the checks that look at answers. */
function showTasks({ contract, fixtures, session }: Suite): Task[] {
  return contract.operations.map((operation) => ({
    turn: turnOf(operation),
    work: () =>
      unlessMissing(async () => {
        const call = await fixtures.renewed(await fixtures.call(operation));
        await session.send(call, { authorizations: [] });
        await session.send({ ...call, headers: call.headers.filter(([name]) => name !== 'X-Date') });
        await session.send({ ...call, method: 'PUT' }, { isDocumented: false });
        await fixtures.settle(await session.send(call));
      }),
  }));
}

/** Finds out whether there is a provider, and whether it knows its user: otherwise nothing can be said of it. */
async function probe(suite: Suite, mask: Mask): Promise<void> {
  const { contract, fixtures, session, main, other } = suite;
  const isHarmless = ({ method, path }: Operation): boolean => method === 'GET' && !path.includes('{');
  const operation = contract.operations.find(isHarmless) ?? contract.operations[0];
  if (!operation) return;
  // Tells the provider's time, so that no X-Date that counts is ahead of it. It needs nothing that has to be made first.
  const { method, path: template } = operation;
  const bare: Call = { operation, method, template, path: {}, query: [], headers: [], body: undefined };
  const { answer, failure } = await session.send(bare, { authorizations: [] });
  if (failure?.isUnreachable) throw new CouldNotRun(failure.message);
  if (failure?.isTimeout) throw new CouldNotRun(`the provider does not answer: ${failure.message}`);
  // A gateway may refuse with a page of its own.
  if (answer && (answer.status < 400 || answer.status === 404)) assertNoWebPage(answer, operation);
  for (const identity of [main, ...(other ? [other] : [])]) {
    await unlessMissing(async () => {
      const call = await fixtures.call(operation, identity);
      assertKnownTo(await session.send(call, { as: identity }), operation, identity, mask);
    });
  }
}

/** @throws CouldNotRun if the provider does not know an identity. */
function assertKnownTo(
  { answer, judgement: { envelope } }: Exchange,
  operation: Operation,
  { userId }: Identity,
  mask: Mask,
): void {
  if (answer?.status === 401 || answer?.status === 403 || envelope?.code === 401) {
    const msg = typeof envelope?.msg === 'string' ? `: ${mask.text(envelope.msg)}` : '';
    throw new CouldNotRun(`the provider does not accept the credentials of user ${userId}${msg}`);
  }
  assertNoWebPage(answer, operation);
}

/** @throws CouldNotRun if there is another site. */
function assertNoWebPage(answer: Answer | undefined, { path }: Operation): void {
  if (answer && isWebPage(answer)) {
    throw new CouldNotRun(`there is no KooDrive Backup API: ${path} answered status ${answer.status} and a web page`);
  }
}

/** What a web server answers that has another site at this place, or a login in front of it. */
function isWebPage({ headers, body }: Answer): boolean {
  return /^text\/html\b/i.test(headers['content-type']?.[0] ?? '') && /^\s*</.test(`${body}`);
}

const notOfLevel = 'its level is behaviour';

function skippedChecks(checks: readonly Check[], options: ConformanceOptions): Map<Check, string> {
  const { level = 'contract', only, skip = [] } = options;
  const ids = checks.map(({ id }) => id);
  for (const id of [...(only ?? []), ...skip]) {
    if (!ids.includes(id)) throw new CouldNotRun(noSuchCheck(id, ids));
  }
  const reason = ({ id, level: needed }: Check): string | undefined => {
    if (needed === 'behaviour' && level === 'contract') return notOfLevel;
    if (skip.includes(id)) return 'it was asked to be';
    if (only && !only.includes(id)) return 'others were asked for';
    return undefined;
  };
  const ofOther = only?.find((id) => checks.some((check) => check.id === id && reason(check) === notOfLevel));
  if (ofOther !== undefined)
    throw new CouldNotRun(`the check ${ofOther} is of level behaviour: give --level behaviour`);
  return new Map(checks.flatMap((check) => (reason(check) === undefined ? [] : [[check, `${reason(check)}`]])));
}

/** All that must not be told. A token may carry its scheme, and is secret without it too. */
function secretsOf({ credentials, other, expiredToken, headers = {} }: ConformanceOptions): (string | undefined)[] {
  const tokens = [credentials.token, other?.token, expiredToken];
  const bare = tokens.map((token) => token?.replace(/^(bearer|at)[ +]/i, ''));
  return [...tokens, ...bare, credentials.app?.appSecret, other?.app?.appSecret, ...Object.values(headers)];
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new CouldNotRun(`${text} is no http or https URL`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new CouldNotRun('the base URL must be a scheme, a host and a path alone: give credentials by their options');
  }
  return url;
}
