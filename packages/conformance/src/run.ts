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
import { type Call, withBody } from './requests/call.ts';
import { createFixtures, unlessMissing } from './requests/fixtures.ts';
import { kindsOf } from './requests/kinds.ts';
import { createScope, type Profile } from './requests/scope.ts';
import { runTasks, type Task } from './schedule.ts';

/** What a run tests, and how. */
export interface ConformanceOptions {
  /** The provider's URL, to which the contract's paths are appended. */
  baseUrl: string;
  /**
   * The user who sends the requests. With a token and an app, requests carry the token, and the checks of signatures
   * run too.
   */
  credentials: Identity;
  /** Another user, for the checks that need one. Without it, those checks see nothing. */
  other?: Identity;
  /** An expired token of the main user. Without it, the check that an expired token is refused sees nothing. */
  expiredToken?: string;
  /** A live lock's id, for a provider that has no operation to take one. */
  lockId?: string;
  /** Default `contract`. `behaviour` includes the checks of `contract`. */
  level?: Level;
  /** How the provider refuses. Default `either`. */
  refusal?: RefusalForm;
  /** Default `full`. `quick` sends some requests of each kind, a third of all. */
  profile?: Profile;
  /** How many requests to generate for each operation, and how many sequences in all. Default 25, or 5 if `quick`. */
  runs?: number;
  /** The seed of generated requests. Default: a new one each time. */
  seed?: number;
  /**
   * Whether a violation that only the errata decide, and no page of the vendor, fails the run. Default false: it is
   * reported as `our reading`.
   */
  strict?: boolean;
  /**
   * A report of an earlier run. Only its failures are sent again. Level, refusal, profile, strict, runs and seed are
   * those of the report, whatever is given here, and so are the operations if the report names them.
   */
  replay?: Report;
  /** The ids of the operations to test, for a provider that has only some of them. Default: all. */
  operations?: readonly string[];
  /** The ids of the checks to run. Default: all of the level. */
  only?: readonly string[];
  /** The ids of the checks not to run. */
  skip?: readonly string[];
  /** Known violations. They do not fail the run. */
  deviations?: readonly Deviation[];
  /** The largest number of requests to send. Requests that clean up do not count. Default: no limit. */
  maxRequests?: number;
  /** How many requests may wait for their answers at the same time. Default 8. */
  concurrency?: number;
  /** The largest number of requests to send in a second. An interruption lifts it. Default: no limit. */
  rate?: number;
  /** Headers to add to every request. Their values are secret. */
  headers?: Readonly<Record<string, string>>;
  /** Certificates in PEM, trusted in addition to those that Node.js trusts. */
  ca?: string;
  /**
   * Returns a new token for the main user. The suite calls it if the provider refuses the current token with 401 in a
   * request whose X-User-Id and X-Date are right, at most once a minute.
   */
  renewToken?: () => Promise<string>;
  /**
   * How long an answer may take, in milliseconds. Default 10,000. The run ends if three requests in a row have no
   * answer in time.
   */
  deadlineMs?: number;
  /**
   * Lets `ms` milliseconds pass, for checks that need minutes. A test whose provider uses an injected clock moves that
   * clock here. Without it, those checks see nothing.
   */
  wait?: (ms: number) => Promise<void>;
  /**
   * Ends the run within about 5 seconds when it aborts. The suite removes what it created, as fast as the provider
   * allows, and the report names what was not observed and what could not be removed.
   */
  signal?: AbortSignal;
  /** Called when a check begins. */
  onCheck?: (check: { id: string; title: string; index: number; count: number }) => void;
  /** Called with each request and its answer, as an entry of an HTTP Archive (HAR 1.2) without secrets. */
  onExchange?: (entry: HarEntry) => void;
}

/** The suite could not run. The message says why, in one line. */
export class CouldNotRun extends Error {
  override name = 'CouldNotRun';
}

/** Why a request is sent, in words. Tasks that run at the same time each have their own value. */
const purpose = new AsyncLocalStorage<{ words: string; check?: string }>();

/** The contract, read once for all runs of a process because compiling its schemas takes longer than a short run. */
let known: Contract | undefined;

/** Reads the contract and compiles the schemas of answers, so that a broken schema shows before the first request. */
function readForJudging(): Contract {
  const contract = readContract(document);
  for (const response of contract.operations.flatMap(({ responses }) => Object.values(responses))) response.validate;
  return contract;
}

/**
 * Tests whether a provider honours the contract.
 *
 * At the end the suite removes what it created, as far as the provider allows.
 *
 * @throws CouldNotRun if the provider cannot be reached or does not know the credentials, or if an option is wrong.
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
  // The machine codes of each run are unique, even if two runs have the same seed.
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
    await probe(suite, baseUrl, createMask(secrets));
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
    // Only the probe lets this error pass: from then on each check handles the limit itself.
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

/** Returns the id, title and level of every check, and what it needs, for documentation. */
export function listChecks(): { id: string; title: string; level: Level; needs: readonly Need[] }[] {
  return allChecks('either').map(({ id, title, level, needs = [] }) => ({ id, title, level, needs }));
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

/** Returns the settings of a report that decide which requests its run sent and how it judged them. */
function settingsOf({ level, refusal, profile, operations, seed, runs, strict }: Report): Partial<ConformanceOptions> {
  return { level, refusal, profile, ...(operations && { operations }), seed, runs, strict };
}

/** Runs `work` and turns an error whose message is for the user into `CouldNotRun`. */
function orCouldNotRun<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CouldNotRun((error as Error).message, { cause: error });
  }
}

/** Headers that only the suite may set: they describe the message, or the contract defines them. */
const suiteHeaders =
  /^(authorization|x-user-id|x-date|x-backup-lock-id|x-traceid|host|content-(type|length|encoding)|transfer-encoding|connection)$/i;

function assertOwnHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new CouldNotRun(
        `HTTP cannot send the header ${JSON.stringify(name)}: its name or value has invalid characters`,
      );
    }
    if (suiteHeaders.test(name)) throw new CouldNotRun(`the suite sets the header ${name} itself: leave it out`);
  }
}

function testedOperations({ operations }: Contract, chosen: readonly string[] | undefined): Operation[] {
  const ids = operations.map(({ id }) => id);
  const unknown = chosen?.find((id) => !ids.includes(id));
  if (unknown !== undefined) throw new CouldNotRun(noSuchOperation(unknown, ids));
  return operations.filter(({ id }) => chosen?.includes(id) ?? true);
}

/** Describes what abandoned requests may have created: an interruption cut off the answer, so the id is unknown. */
function unknownRemains({ abandoned }: Session): string[] {
  const creating = abandoned.filter(({ method }) => method === 'POST');
  return creating.map(({ operation }) => `whatever ${operation.id} created: the interruption cut off its answer`);
}

function look(check: AnswerCheck, exchange: Exchange, observer: Observer | undefined): void {
  const found = check.look(exchange);
  const { operation } = exchange.call;
  if (found === undefined) observer?.passed(operation);
  else if (found !== 'nothing') observer?.violated(operation, { ...found, exchange });
}

/** Returns the first thing that a check needs and the suite does not have. */
function missingFor(check: Check, { main, other, expiredToken, wait }: Suite): Need | undefined {
  const given = { token: main.token, app: main.app, other, expiredToken, time: wait };
  return check.needs?.find((need) => given[need] === undefined);
}

/** Groups the checks that see nothing by what the user did not give. */
function missingOf(checks: readonly Check[], suite: Suite): Missing[] {
  const unseen = Map.groupBy(checks, (check) => missingFor(check, suite));
  return [...unseen].flatMap(([need, group]) => {
    if (need === undefined) return [];
    const { what, option } = needs[need];
    return [{ what, option, checks: group.map(({ id }) => id) }];
  });
}

/** Returns the tasks of the chosen checks. Scenarios come first, because each is a long sequence of requests. */
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
          // An answer may be so far from the contract that the check throws: the other checks continue.
          const reason = error instanceof Error ? error.message : error;
          observer.notObserved(undefined, `the check could not continue: ${reason}`);
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

/** Sends one accepted and several refused requests to each operation, so that the checks of answers see both kinds. */
function showTasks({ contract, fixtures, session }: Suite): Task[] {
  return contract.operations.map((operation) => ({
    turn: turnOf(operation),
    work: () =>
      unlessMissing(async () => {
        const call = await fixtures.renewed(await fixtures.call(operation));
        await session.send(call, { authorizations: [] });
        await session.send({ ...call, headers: call.headers.filter(([name]) => name !== 'X-Date') });
        await session.send({ ...call, method: 'PUT' }, { isDocumented: false });
        if (call.body) await session.send(withBody(call, Buffer.from('{')));
        await fixtures.settle(await session.send(call));
      }),
  }));
}

/**
 * Checks that the provider answers and knows the users, because nothing can be judged otherwise.
 *
 * @throws CouldNotRun if it does not.
 */
async function probe(suite: Suite, baseUrl: URL, mask: Mask): Promise<void> {
  const { contract, fixtures, session, main, other } = suite;
  const isHarmless = ({ method, path }: Operation): boolean => method === 'GET' && !path.includes('{');
  const operation = contract.operations.find(isHarmless) ?? contract.operations[0];
  if (!operation) return;
  // The answer shows the provider's time, so that no later X-Date is ahead of it. This request needs no lock, record or
  // device.
  const { method, path: template } = operation;
  const bare: Call = { operation, method, template, path: {}, query: [], headers: [], body: undefined };
  const { answer, failure } = await session.send(bare, { authorizations: [] });
  if (failure?.isUnreachable) throw new CouldNotRun(failure.message);
  if (failure?.isTimeout) throw new CouldNotRun(`the provider does not answer: ${failure.message}`);
  // A gateway may refuse with its own web page, so other refusals prove nothing.
  if (answer && (answer.status < 400 || answer.status === 404)) assertNoWebPage(answer, operation);
  for (const identity of [main, ...(other ? [other] : [])]) {
    await unlessMissing(async () => {
      const call = await fixtures.call(operation, identity);
      const exchange = await session.send(call, { as: identity });
      assertKnownTo(exchange, operation, identity, mask);
      assertPathOnce(exchange.answer, operation, baseUrl);
    });
  }
}

/** @throws CouldNotRun if the API is not found because the base URL ends as the contract's paths begin. */
function assertPathOnce(answer: Answer | undefined, { path }: Operation, { pathname }: URL): void {
  if (answer?.status !== 404) return;
  const folders = path.split('/').slice(0, -1);
  const begins = folders.map((_, i) => folders.slice(0, i + 1).join('/')).filter(Boolean);
  const twice = begins.findLast((begin) => pathname.replace(/\/+$/, '').endsWith(begin));
  if (twice === undefined) return;
  throw new CouldNotRun(
    `the provider answered 404 to ${path}: leave ${twice} out of the base URL, because the contract's paths begin with it`,
  );
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

/** @throws CouldNotRun if the answer is a web page, so that the URL leads to another site. */
function assertNoWebPage(answer: Answer | undefined, { path }: Operation): void {
  if (answer && isWebPage(answer)) {
    throw new CouldNotRun(`there is no KooDrive Backup API: ${path} answered status ${answer.status} and a web page`);
  }
}

/** Whether an answer is a web page: the URL leads to another site, or a login page stands in front of the provider. */
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
    if (skip.includes(id)) return '--skip names it';
    if (only && !only.includes(id)) return '--only names other checks';
    return undefined;
  };
  const ofOther = only?.find((id) => checks.some((check) => check.id === id && reason(check) === notOfLevel));
  if (ofOther !== undefined)
    throw new CouldNotRun(`the check ${ofOther} is of level behaviour: give --level behaviour`);
  return new Map(checks.flatMap((check) => (reason(check) === undefined ? [] : [[check, `${reason(check)}`]])));
}

/** Returns every secret of the run. A token that carries a scheme is secret without its scheme too. */
function secretsOf({ credentials, other, expiredToken, headers = {} }: ConformanceOptions): (string | undefined)[] {
  const tokens = [credentials.token, other?.token, expiredToken];
  const bare = tokens.map((token) => token?.replace(/^(bearer|at)[ +]/i, ''));
  return [...tokens, ...bare, credentials.app?.appSecret, other?.app?.appSecret, ...Object.values(headers)];
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new CouldNotRun(`${text} is not an http or https URL`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new CouldNotRun('the base URL must have only a scheme, a host and a path: give credentials as options');
  }
  return url;
}
