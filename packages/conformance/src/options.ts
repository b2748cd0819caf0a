import { parseArgs } from 'node:util';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { isUserId } from '@koodrive-backup/spec/user-id';
import type { Identity } from './http/session.ts';
import type { ConformanceOptions } from './run.ts';

/** What `koodrive-conformance --help` prints. */
export const usage = `Usage: koodrive-conformance <base-url> --user-id <id> (--token <token> | --app-id <id> --app-secret <secret>) [options]

Tests whether a provider of the KooDrive Backup API honours the contract. Unofficial.

  --user-id <id>            the user as whom requests are sent
  --token <token>           the user's access token; KOODRIVE_TOKEN in the environment is the same
  --app-id <id>             an application's id; KOODRIVE_APP_ID in the environment is the same
  --app-secret <secret>     its secret; KOODRIVE_APP_SECRET in the environment is the same
  --lock-id <id>            a live lock, where the provider has no operation to take one
  --other-user-id <id>      another user, for the checks that need one
  --other-token <token>     the other user's access token; KOODRIVE_OTHER_TOKEN is the same
  --level <level>           contract: what the contract alone decides, also for a mock (default)
                            behaviour: also what needs state, users and a clock
  --refusal <form>          how the provider refuses: status, envelope or either (default)
  --runs <number>           made-up requests for each operation (default 25)
  --seed <number>           what they are made up from (default: another each time)
  --only <check>            run this check only; may be repeated
  --skip <check>            do not run this check; may be repeated
  --max-requests <number>   requests at most (default: no limit)
  --rate <number>           requests a second at most, until interrupted (default: no limit)
  --deviations <file>       violations that are known and put up with: a JSON array of { check, operation, reason, expires }
  --report <format>=<file>  write a report: json, junit, html or har; may be repeated
  --list                    print the checks
  --version                 print the version
  -h, --help                print this

A secret is better given in the environment than as an argument, which other users of the machine can read.
With a token and an app, requests carry the token, and the signature is tested too. KOODRIVE_EXPIRED_TOKEN may hold a
token of the user's that has expired: without, it is not observed that one is refused.

What is created is removed at the end. Ctrl-C ends the run: within 5 seconds what was created is removed, or told as left
behind. A second one ends it at once. Where three requests in a row have no answer within 10 seconds the run ends, too.

Exit status: 0 the contract is honoured; 1 it is violated; 2 the suite could not be run.`;

/** The formats of reports that are written to files. */
const reportFormats = ['json', 'junit', 'html', 'har'] as const;

/** A report that is asked for. */
export interface ReportFile {
  format: (typeof reportFormats)[number];
  file: string;
}

/** What the user asked for. */
export type CommandLine = { action: 'help' | 'version' | 'list' } | TestRun;

/** A run of the suite that was asked for. */
export interface TestRun {
  action: 'run';
  options: ConformanceOptions;
  reports: ReportFile[];
  /** A file. */
  deviations: string | undefined;
}

/**
 * Reads the arguments of `koodrive-conformance`.
 *
 * @param env The environment, in which secrets are better kept than in the list of processes.
 * @throws Error with a message for the user where they are not understood.
 */
export function parseCommandLine(args: string[], env: NodeJS.ProcessEnv): CommandLine {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'user-id': { type: 'string' },
      token: { type: 'string', default: env.KOODRIVE_TOKEN ?? '' },
      'app-id': { type: 'string', default: env.KOODRIVE_APP_ID ?? '' },
      'app-secret': { type: 'string', default: env.KOODRIVE_APP_SECRET ?? '' },
      'lock-id': { type: 'string' },
      'other-user-id': { type: 'string' },
      'other-token': { type: 'string', default: env.KOODRIVE_OTHER_TOKEN ?? '' },
      level: { type: 'string', default: 'contract' },
      refusal: { type: 'string', default: 'either' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string', multiple: true },
      skip: { type: 'string', multiple: true, default: [] },
      'max-requests': { type: 'string' },
      rate: { type: 'string' },
      deviations: { type: 'string' },
      report: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean', default: false },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return { action: 'help' };
  if (values.version) return { action: 'version' };
  if (values.list) return { action: 'list' };
  const [baseUrl, ...more] = positionals;
  if (baseUrl === undefined || more.length > 0) throw new Error('give one base URL: see --help');
  const numbers = {
    runs: parseNumber('--runs', values.runs, 1),
    seed: parseNumber('--seed', values.seed, 0),
    maxRequests: parseNumber('--max-requests', values['max-requests'], 1),
    rate: parseNumber('--rate', values.rate, 1),
  };
  const other = parseOther(values['other-user-id'], values['other-token']);
  return {
    action: 'run',
    reports: values.report.map(parseReport),
    deviations: values.deviations,
    options: {
      baseUrl,
      credentials: parseIdentity(values['user-id'], values.token, values['app-id'], values['app-secret']),
      level: oneOf('--level', values.level, ['contract', 'behaviour']),
      refusal: oneOf('--refusal', values.refusal, ['status', 'envelope', 'either']),
      skip: values.skip,
      ...(values.only && { only: values.only }),
      ...(values['lock-id'] !== undefined && { lockId: values['lock-id'] }),
      ...(other && { other }),
      ...(env.KOODRIVE_EXPIRED_TOKEN && { expiredToken: env.KOODRIVE_EXPIRED_TOKEN }),
      ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
    },
  };
}

function parseIdentity(userId: string | undefined, token: string, appId: string, appSecret: string): Identity {
  const id = parseUser('--user-id', userId);
  if ((appId === '') !== (appSecret === '')) throw new Error('--app-id and --app-secret go together');
  if (token === '' && appId === '') throw new Error('give --token, or --app-id and --app-secret');
  return { userId: id, ...(token !== '' && { token }), ...(appId !== '' && { app: { appId, appSecret } }) };
}

function parseOther(userId: string | undefined, token: string): Identity | undefined {
  if (userId === undefined && token === '') return undefined;
  if (userId === undefined || token === '') throw new Error('--other-user-id and --other-token go together');
  return { userId: parseUser('--other-user-id', userId), token };
}

function parseUser(name: string, userId = ''): string {
  if (!isUserId(contract, userId)) throw new Error(`${name} must be an id of visible ASCII without spaces`);
  return userId;
}

function parseNumber(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > 2 ** 31 - 1) {
    throw new Error(`${name} must be a whole number from ${least} to ${2 ** 31 - 1}, not ${text || 'empty'}`);
  }
  return value;
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new Error(`${name} must be one of ${allowed.join(', ')}, not ${text || 'empty'}`);
  return found;
}

function parseReport(text: string): ReportFile {
  const at = text.indexOf('=');
  const file = text.slice(at + 1);
  if (at < 0 || file === '') throw new Error(`--report must be <format>=<file>, not ${text || 'empty'}`);
  return { format: oneOf('--report', text.slice(0, at), reportFormats), file };
}
