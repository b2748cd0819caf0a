import { randomInt } from 'node:crypto';
import { inspect } from 'node:util';
import { type Contract, type Operation, readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { isUserId } from '@koodrive-backup/spec/user-id';
import { choices, largest, smallest } from './allowed-values.ts';
import type { Check, Level } from './check.ts';
import { allChecks } from './checks/all.ts';
import { CouldNotRun } from './could-not-run.ts';
import { assertDeviationsKnown, type Deviation, noSuchCheck, noSuchOperation } from './findings/deviations.ts';
import { checksAgain, failuresOf } from './findings/replay.ts';
import type { Report, Result } from './findings/report.ts';
import type { HarEntry } from './formats/har.ts';
import type { Identity } from './http/session.ts';
import type { RefusalForm } from './judge/oracle.ts';
import type { Profile } from './requests/scope.ts';

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

/** The options that have a default. */
type Defaulted =
  | ('level' | 'refusal' | 'profile' | 'runs' | 'seed' | 'strict')
  | ('maxRequests' | 'concurrency' | 'rate' | 'headers' | 'deadlineMs');

/** The options of a run after they were checked, with their defaults, and what follows from them. */
export interface Settings
  extends Omit<ConformanceOptions, Defaulted | 'baseUrl' | 'deviations'>,
    Required<Pick<ConformanceOptions, Defaulted>> {
  baseUrl: URL;
  /** The contract with all operations. */
  whole: Contract;
  /** The contract with the operations that are tested. */
  contract: Contract;
  /** All checks, or those of a replay. */
  checks: readonly Check[];
  /** The checks that do not run, with the reasons. */
  skipped: ReadonlyMap<Check, string>;
  /** The deviations that concern a tested operation. */
  deviations: readonly Deviation[];
  /** The failures that a replay sends again. */
  failures: readonly Result[];
  /** Every secret of the run. A token that is renewed later has to be added. */
  secrets: (string | undefined)[];
}

/**
 * Checks the options of a run.
 *
 * @throws CouldNotRun if one is wrong.
 */
export function settingsOf(given: ConformanceOptions): Settings {
  const { replay } = given;
  const options = replay ? { ...given, ...decidedBy(replay) } : given;
  assertValues(options);
  const { level = choices.level[0], refusal = choices.refusal[0], profile = choices.profile[0] } = options;
  const { strict = false } = options;
  const { runs = profile === 'quick' ? 5 : 25, seed = randomInt(2 ** 31) } = options;
  const { maxRequests = Number.POSITIVE_INFINITY, concurrency = 8, rate = Number.POSITIVE_INFINITY } = options;
  const { headers = {}, deadlineMs = 10_000, deviations = [] } = options;
  const baseUrl = parseBaseUrl(options.baseUrl);
  known ??= readForJudging();
  const whole = known;
  const all = allChecks(refusal);
  const operations = whole.operations.map(({ id }) => id);
  const ids = all.map(({ id }) => id);
  orCouldNotRun(() => assertDeviationsKnown(deviations, ids, operations));
  const failures = replay ? orCouldNotRun(() => failuresOf(replay, all, operations)) : [];
  const checks = replay ? checksAgain(failures, all) : all;
  const contract = { ...whole, operations: testedOperations(whole, options.operations) };
  const skipped = skippedChecks(checks, level, options);
  assertOwnHeaders(headers);
  const isTested = ({ operation }: Deviation): boolean =>
    operation === undefined || contract.operations.some(({ id }) => id === operation);
  return {
    ...options,
    level,
    refusal,
    profile,
    strict,
    runs,
    seed,
    maxRequests,
    concurrency,
    rate,
    headers,
    deadlineMs,
    baseUrl,
    whole,
    contract,
    checks,
    skipped,
    failures,
    deviations: deviations.filter(isTested),
    secrets: secretsOf(options),
  };
}

/** Checks values that may come from a program without types, before a wrong one makes a run hang or see nothing. */
function assertValues(options: ConformanceOptions): void {
  for (const [name, allowed] of Object.entries(choices)) {
    const value = options[name as keyof typeof choices];
    if (value === undefined || (allowed as readonly string[]).includes(value)) continue;
    throw new CouldNotRun(`${name} must be one of ${allowed.join(', ')}, not ${inspect(value)}`);
  }
  for (const [name, least] of Object.entries(smallest)) {
    const value = options[name as keyof typeof smallest];
    const isUnlimited = value === Number.POSITIVE_INFINITY && (name === 'maxRequests' || name === 'rate');
    const isWhole = Number.isInteger(value) && Number(value) >= least && Number(value) <= largest;
    if (value === undefined || isUnlimited || isWhole) continue;
    throw new CouldNotRun(`${name} must be a whole number from ${least} to ${largest}, not ${inspect(value)}`);
  }
  assertIdentity('credentials', options.credentials);
  if (options.other !== undefined) assertIdentity('other', options.other);
}

/** @throws CouldNotRun with a message that does not show the value, because it may hold a secret. */
function assertIdentity(name: string, identity: unknown): void {
  const { userId, token, app } = Object(identity) as Partial<Record<keyof Identity, unknown>>;
  if (typeof userId !== 'string' || !isUserId(document, userId))
    throw new CouldNotRun(`${name}.userId must be an id of visible ASCII without spaces`);
  const { appId, appSecret } = Object(app) as Record<string, unknown>;
  const isFilled = (value: unknown): boolean => typeof value === 'string' && value !== '';
  if (token !== undefined ? isFilled(token) : isFilled(appId) && isFilled(appSecret)) return;
  throw new CouldNotRun(`${name} must have a token, or an app with an appId and an appSecret`);
}

/** Returns the settings of a report that decide which requests its run sent and how it judged them. */
function decidedBy({ level, refusal, profile, operations, seed, runs, strict }: Report): Partial<ConformanceOptions> {
  return { level, refusal, profile, ...(operations && { operations }), seed, runs, strict };
}

/** The contract, read once for all runs of a process because compiling its schemas takes longer than a short run. */
let known: Contract | undefined;

/** Reads the contract and compiles the schemas of answers, so that a broken schema shows before the first request. */
function readForJudging(): Contract {
  const contract = readContract(document);
  for (const response of contract.operations.flatMap(({ responses }) => Object.values(responses))) response.validate;
  return contract;
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

/** Why a check of level `behaviour` does not run at level `contract`. */
export const notOfLevel = 'its level is behaviour';

function skippedChecks(checks: readonly Check[], level: Level, options: ConformanceOptions): Map<Check, string> {
  const { only, skip = [] } = options;
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
