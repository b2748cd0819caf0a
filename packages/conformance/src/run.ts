import { randomInt } from 'node:crypto';
import { type Contract, readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { type AnswerCheck, type Check, type Level, type Need, needs, type Observer, type Suite } from './check.ts';
import { allChecks } from './checks/all.ts';
import { answered } from './checks/answers.ts';
import { runCases } from './checks/cases.ts';
import { runScenario } from './checks/state/scenario.ts';
import { createSetup } from './findings/at-fault.ts';
import { findingsOf } from './findings/causes.ts';
import { createCoverage } from './findings/coverage.ts';
import { createCurlWriter } from './findings/curl.ts';
import { applyDeviations, assertDeviationsKnown, type Deviation, noSuchCheck } from './findings/deviations.ts';
import { createFindings } from './findings/findings.ts';
import { checksAgain, failuresOf, replayed } from './findings/replay.ts';
import type { Missing, Report } from './findings/report.ts';
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
import { createFixtures, unlessMissing } from './requests/fixtures.ts';
import { kindsOf } from './requests/kinds.ts';

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
  /** How many made-up requests each operation gets, and how many sequences of them all. Default 25. */
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
  /** The ids of the checks that are run. Default: all of the level. */
  only?: readonly string[];
  /** The ids of checks that are not run. */
  skip?: readonly string[];
  /** Violations that are known and put up with. */
  deviations?: readonly Deviation[];
  /** How many requests are sent at most, those that clean up not counted. Default: no limit. */
  maxRequests?: number;
  /** How many requests are sent in a second at most, unless the run is interrupted. Default: no limit. */
  rate?: number;
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
  const { credentials: main, other, level = 'contract', refusal = 'either', runs = 25 } = options;
  const { maxRequests = Number.POSITIVE_INFINITY, rate = Number.POSITIVE_INFINITY, deadlineMs = 10_000 } = options;
  const { seed = randomInt(2 ** 31), deviations = [], strict: isStrict = false } = options;
  const baseUrl = parseBaseUrl(options.baseUrl);
  const startedAt = new Date();
  const start = performance.now();
  known ??= readForJudging();
  const contract = known;
  const all = allChecks(refusal);
  const operations = contract.operations.map(({ id }) => id);
  const ids = all.map(({ id }) => id);
  orCouldNotRun(() => assertDeviationsKnown(deviations, ids, operations));
  const failures = replay ? orCouldNotRun(() => failuresOf(replay, all, operations)) : [];
  const checks = replay ? checksAgain(failures, all) : all;
  const skipped = skippedChecks(checks, options);
  const chosen = checks.filter((check) => !skipped.has(check));
  const { expiredToken, wait } = options;
  const secrets = secretsOf(options);
  const tokens = {
    KOODRIVE_TOKEN: main.token,
    KOODRIVE_OTHER_TOKEN: other?.token,
    KOODRIVE_EXPIRED_TOKEN: expiredToken,
  };
  const curl = createCurlWriter(baseUrl, kindsOf(contract), tokens);
  const setup = createSetup(options.lockId);
  let current: Check | undefined;
  const findings = createFindings(contract, checks, {
    curl,
    setup,
    secrets,
    sentFor: () => current?.id,
    errataDeciding: (pointer) => errataDeciding(document, pointer),
    isStrict,
  });
  const coverage = createCoverage(contract, refusal);
  const answerChecks = chosen.filter((check): check is AnswerCheck => 'look' in check);
  const observers = new Map<Check, Observer>(chosen.map((check) => [check, findings.observer(check)]));
  const clock = createClock();

  let purpose = 'to see who answers';

  const { signal } = options;
  const limits = { deadlineMs, maxRequests, rate, signal };
  const exchangeObservers: ExchangeObserver[] = [];
  const session = createSession({ baseUrl, identity: main, refusal, ...limits, clock, observers: exchangeObservers });
  // A run's own devices have names of their own, also where two runs have one seed.
  const fixtures = createFixtures(contract, session, clock, main, randomInt(2 ** 40).toString(36), options.lockId);
  const { onExchange } = options;
  exchangeObservers.push(
    ...(onExchange
      ? [{ seesRepeated: true, observe: (one: Exchange) => onExchange(harEntry(one, baseUrl, purpose, secrets)) }]
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
  const suite: Suite = { contract, session, fixtures, clock, main, other, expiredToken, seed, runs, wait };

  try {
    await probe(suite, createMask(secrets));
    purpose = 'for the checks of answers';
    await chosenChecks(suite, chosen, observers, (check, progress) => {
      current = check;
      purpose = `for the check ${check.id}`;
      options.onCheck?.({ id: check.id, title: check.title, ...progress });
    });
    await session.lift();
    current = undefined;
    purpose = 'to clean up';
    await fixtures.cleanUp();
  } catch (error) {
    // Once the provider is known to be there, each check deals with the limit itself.
    throw error instanceof LimitReached ? new CouldNotRun(error.message, { cause: error }) : error;
  } finally {
    session.close();
  }
  const { lastUnanswered, endedEarly } = session;
  if (lastUnanswered && skipped.delete(answered)) look(answered, lastUnanswered, findings.observer(answered));
  const seen = findings.results(skipped);
  const results = applyDeviations(seen, deviations, Date.now());
  const exercised = coverage.coverage();
  const leftOut = [...skipped.values()].filter((reason) => reason !== notOfLevel).length;
  return {
    version: 2,
    honoured: results.every(({ outcome }) => outcome !== 'violated'),
    contract: { title: contract.title, version: contract.version },
    provider: baseUrl.href,
    level,
    refusal,
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

/** What of a run decides which requests it sends, and how they are judged. */
function settingsOf({ level, refusal, seed, runs, strict }: Report): Partial<ConformanceOptions> {
  return { level, refusal, seed, runs, strict };
}

/** Reports an error with a message for the user as what it is here: a reason why the suite could not be run. */
function orCouldNotRun<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CouldNotRun((error as Error).message, { cause: error });
  }
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

async function chosenChecks(
  suite: Suite,
  chosen: Check[],
  observers: ReadonlyMap<Check, Observer>,
  onCheck: (check: Check, progress: { index: number; count: number }) => void,
): Promise<void> {
  const withRequests = chosen.filter((check) => !('look' in check));
  if (chosen.length > withRequests.length) await show(suite);
  for (const [index, check] of withRequests.entries()) {
    const observer = observers.get(check);
    if (!observer) continue;
    const missing = missingFor(check, suite);
    if (missing !== undefined) {
      observer.notObserved(undefined, needs[missing].missing);
      continue;
    }
    onCheck(check, { index, count: withRequests.length });
    await runCheck(check, suite, observer).catch((error: unknown) => {
      // What a provider gives may be so far from the contract that a check stumbles over it: the others go on.
      observer.notObserved(undefined, `the check could not go on: ${error instanceof Error ? error.message : error}`);
    });
  }
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

async function runCheck(check: Check, suite: Suite, observer: Observer): Promise<void> {
  if ('cases' in check) return runCases(check, suite, observer);
  if ('steps' in check) return runScenario(check, suite, observer);
  if ('run' in check) return check.run(suite, observer);
}

/** Sends each operation a request that is accepted and some that are refused, for the checks that look at answers. */
async function show({ contract, fixtures, session }: Suite): Promise<void> {
  for (const operation of contract.operations) {
    await unlessMissing(async () => {
      const call = await fixtures.renewed(await fixtures.call(operation));
      await session.send(call, { authorizations: [] });
      await session.send({ ...call, headers: call.headers.filter(([name]) => name !== 'X-Date') });
      await session.send({ ...call, method: 'PUT' }, { isDocumented: false });
      await fixtures.settle(await session.send(call));
    });
  }
}

/** Finds out whether there is a provider, and whether it knows its user: otherwise nothing can be said of it. */
async function probe({ contract, fixtures, session, main, other }: Suite, mask: Mask): Promise<void> {
  const operation = contract.operations.find(({ method, path }) => method === 'GET' && !path.includes('{'));
  if (!operation) return;
  // Tells the provider's time, so that no X-Date that counts is ahead of it.
  const { failure } = await session.send(await fixtures.call(operation), { authorizations: [] });
  if (failure?.isUnreachable) throw new CouldNotRun(failure.message);
  if (failure?.isTimeout) throw new CouldNotRun(`the provider does not answer: ${failure.message}`);
  for (const identity of [main, ...(other ? [other] : [])]) {
    const { answer, judgement } = await session.send(await fixtures.call(operation, identity), { as: identity });
    const isUnauthorised = answer?.status === 401 || answer?.status === 403 || judgement.envelope?.code === 401;
    if (isUnauthorised) {
      const msg = typeof judgement.envelope?.msg === 'string' ? `: ${mask.text(judgement.envelope.msg)}` : '';
      throw new CouldNotRun(`the provider does not accept the credentials of user ${identity.userId}${msg}`);
    }
    if (isWebPage(answer)) {
      throw new CouldNotRun(
        `there is no KooDrive Backup API: ${operation.path} answered ${judgement.got.split(',')[0]} and a web page`,
      );
    }
  }
}

/** What a web server answers that has another site at this place, or a login in front of it. */
function isWebPage(answer: Answer | undefined): boolean {
  return /^text\/html\b/i.test(answer?.headers['content-type']?.[0] ?? '') && /^\s*</.test(`${answer?.body}`);
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
function secretsOf({ credentials, other, expiredToken }: ConformanceOptions): (string | undefined)[] {
  const tokens = [credentials.token, other?.token, expiredToken];
  const bare = tokens.map((token) => token?.replace(/^(bearer|at)[ +]/i, ''));
  return [...tokens, ...bare, credentials.app?.appSecret, other?.app?.appSecret];
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new CouldNotRun(`${text} is no http or https URL`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new CouldNotRun('the base URL must be a scheme, a host and a path alone: give credentials by their options');
  }
  return url;
}
