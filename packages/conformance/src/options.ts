import { parseArgs } from 'node:util';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { isUserId } from '@koodrive-backup/spec/user-id';
import type { Level } from './check.ts';
import type { Identity } from './http/session.ts';
import type { RefusalForm } from './judge/oracle.ts';
import type { Profile } from './requests/scope.ts';
import type { ConformanceOptions } from './run.ts';

/** An option of the command. Usage, parser, README and `action.yml` are made from these. */
export interface Option {
  name: string;
  /** What its value is, in a word. None: it has no value. */
  value?: string;
  /** What it is for. Each line is a sentence or a choice. */
  about: readonly string[];
  /** The variable of the environment that is the same. */
  variable?: string;
  /** Whether its value is secret, so that it is better kept out of the list of processes. */
  isSecret?: boolean;
  /** The values that it may have. The first is the default. */
  choices?: readonly string[];
  /** The least number that it may be. */
  least?: number;
  isRepeated?: boolean;
  /** Whether it is a matter of the command line alone, so that `action.yml` does not have it. */
  isLocal?: boolean;
}

const levels: readonly Level[] = ['contract', 'behaviour'];
const refusals: readonly RefusalForm[] = ['either', 'status', 'envelope'];
const profiles: readonly Profile[] = ['full', 'quick'];

/** The formats of reports that are written to files. */
export const reportFormats = ['json', 'junit', 'html', 'har'] as const;

/** Every option, in the order in which usage shows them. */
export const options: readonly Option[] = [
  { name: 'user-id', value: 'id', about: ['the user as whom requests are sent'], variable: 'KOODRIVE_USER_ID' },
  {
    name: 'token',
    value: 'token',
    about: ["the user's access token"],
    variable: 'KOODRIVE_TOKEN',
    isSecret: true,
  },
  {
    name: 'token-command',
    value: 'command',
    about: ['a shell command that prints such a token, run at the start and when the token has expired'],
    isLocal: true,
  },
  { name: 'app-id', value: 'id', about: ["an application's id"], variable: 'KOODRIVE_APP_ID', isSecret: true },
  { name: 'app-secret', value: 'secret', about: ['its secret'], variable: 'KOODRIVE_APP_SECRET', isSecret: true },
  { name: 'lock-id', value: 'id', about: ['a live lock, if the provider has no operation to take one'] },
  {
    name: 'other-user-id',
    value: 'id',
    about: ['another user, for the checks that need one'],
    variable: 'KOODRIVE_OTHER_USER_ID',
  },
  {
    name: 'other-token',
    value: 'token',
    about: ["the other user's access token"],
    variable: 'KOODRIVE_OTHER_TOKEN',
    isSecret: true,
  },
  {
    name: 'level',
    value: 'level',
    about: [
      'contract: what the contract alone decides, also for a mock (default)',
      'behaviour: also what needs state, users and a clock',
    ],
    choices: levels,
  },
  {
    name: 'refusal',
    value: 'form',
    about: ['how the provider refuses: status, envelope or either (default)'],
    choices: refusals,
  },
  {
    name: 'profile',
    value: 'name',
    about: ['full: all that the suite knows (default)', 'quick: some of each kind, for every commit'],
    choices: profiles,
  },
  { name: 'operation', value: 'id', about: ['test this operation only'], isRepeated: true },
  {
    name: 'runs',
    value: 'number',
    about: ['made-up requests for each operation (default 25, or 5 if quick)'],
    least: 1,
  },
  { name: 'seed', value: 'number', about: ['what they are made up from (default: another each time)'], least: 0 },
  { name: 'only', value: 'check', about: ['run this check only'], isRepeated: true },
  { name: 'skip', value: 'check', about: ['do not run this check'], isRepeated: true },
  { name: 'max-requests', value: 'number', about: ['requests at most (default: no limit)'], least: 1 },
  { name: 'concurrency', value: 'number', about: ['requests at a time (default 8)'], least: 1 },
  { name: 'timeout', value: 'seconds', about: ['how long an answer may take (default 10)'], least: 1 },
  {
    name: 'header',
    value: 'name: value',
    about: ['a header for every request, whose value is shown nowhere'],
    isRepeated: true,
    isSecret: true,
  },
  { name: 'ca', value: 'file', about: ['certificates in PEM that are trusted too'], isLocal: true },
  {
    name: 'rate',
    value: 'number',
    about: ['requests a second at most, until interrupted (default: no limit)'],
    least: 1,
  },
  {
    name: 'strict',
    about: ['fail also for what no page of the vendor decides, only the errata'],
  },
  { name: 'slow', about: ['also wait for locks to expire, which takes 20 minutes'], isLocal: true },
  {
    name: 'deviations',
    value: 'file',
    about: ['violations that are known and put up with: a JSON array of { check, operation, reason, expires }'],
  },
  {
    name: 'replay',
    value: 'file',
    about: ['send the failures of a report (JSON) again, with its settings, and say which are fixed'],
    isLocal: true,
  },
  {
    name: 'report',
    value: 'format=file',
    about: [`write a report: ${reportFormats.slice(0, -1).join(', ')} or ${reportFormats.at(-1)}`],
    isRepeated: true,
    isLocal: true,
  },
  { name: 'list', about: ['print the checks'], isLocal: true },
  { name: 'version', about: ['print the version'], isLocal: true },
  { name: 'help', about: ['print this; -h is the same'], isLocal: true },
];

/** The options that a replay takes from its report. */
const ofReport = ['level', 'refusal', 'profile', 'operation', 'strict', 'runs', 'seed', 'slow', 'only', 'skip'];

/** What an option is for, with what is said of its kind. */
export function aboutOption({ about, variable, isRepeated }: Option): string[] {
  if (variable !== undefined) return [`${about.join('; ')}; ${variable} in the environment is the same`];
  return isRepeated ? [`${about.join('; ')}; may be repeated`] : [...about];
}

/** How an option is written: `--seed <number>`. */
export const optionForm = ({ name, value }: Option): string => `--${name}${value === undefined ? '' : ` <${value}>`}`;

const column = 26;

/** What `koodrive-conformance --help` prints. */
export const usage: string = `Usage: koodrive-conformance <base-url> --user-id <id> (--token <token> | --token-command <command> | --app-id <id> --app-secret <secret>) [options]

Tests whether a provider of the KooDrive Backup API honours the contract. Unofficial.

${options.map((one) => `  ${optionForm(one).padEnd(column)}${aboutOption(one).join(`\n${' '.repeat(column + 2)}`)}`).join('\n')}

A secret is better given in the environment than as an argument, which other users of the machine can read.
With a token and an app, requests carry the token, and the signature is tested too. KOODRIVE_EXPIRED_TOKEN may hold a
token of the user's that has expired: without, it is not observed that one is refused.

What is created is removed at the end. Ctrl-C ends the run: within 5 seconds what was created is removed, or told as left
behind, and the reports are written. A second one ends it at once. Where three requests in a row have no answer within 10 seconds the run ends, too.

Exit status: 0 the contract is honoured; 1 it is violated; 2 the suite could not be run, or was interrupted. With --replay:
0 all failures are fixed; 1 some still fail; 2 some could not be seen.`;

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
  /** A file. */
  replay: string | undefined;
  ca: string | undefined;
  tokenCommand: string | undefined;
  /** Whether checks wait for minutes to pass. */
  isSlow: boolean;
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
    options: Object.fromEntries(
      options.map(({ name, value, isRepeated = false }) => [
        name,
        {
          type: value === undefined ? 'boolean' : 'string',
          multiple: isRepeated,
          ...(name === 'help' && { short: 'h' }),
        },
      ]),
    ),
  });
  for (const action of ['help', 'version', 'list'] as const) if (values[action]) return { action };
  const replay = values.replay === undefined ? undefined : String(values.replay);
  const fixed = replay === undefined ? undefined : ofReport.find((name) => values[name] !== undefined);
  if (fixed !== undefined) throw new Error(`--replay takes --${fixed} from the report: leave it out`);
  const [baseUrl, ...more] = positionals;
  if (baseUrl === undefined || more.length > 0) throw new Error('give one base URL: see --help');
  const read = createReader(values, env);
  const other = parseOther(read);
  const numbers = {
    runs: read.number('runs'),
    seed: read.number('seed'),
    maxRequests: read.number('max-requests'),
    rate: read.number('rate'),
    concurrency: read.number('concurrency'),
    deadlineMs: milliseconds(read.number('timeout')),
  };
  const [only, operations, headers] = [read.all('only'), read.all('operation'), read.all('header').map(parseHeader)];
  const lockId = read.text('lock-id');
  return {
    action: 'run',
    reports: read.all('report').map(parseReport),
    deviations: read.text('deviations'),
    replay,
    ca: read.text('ca'),
    tokenCommand: read.text('token-command'),
    isSlow: values.slow === true,
    options: {
      baseUrl,
      credentials: parseIdentity(read),
      level: read.choice('level', levels),
      refusal: read.choice('refusal', refusals),
      strict: values.strict === true,
      profile: read.choice('profile', profiles),
      skip: read.all('skip'),
      ...(only.length > 0 && { only }),
      ...(operations.length > 0 && { operations }),
      ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
      ...(lockId !== undefined && { lockId }),
      ...(other && { other }),
      ...(env.KOODRIVE_EXPIRED_TOKEN && { expiredToken: env.KOODRIVE_EXPIRED_TOKEN }),
      ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
    },
  };
}

/** Reads options by their names. */
interface Reader {
  /** What was given, or the variable of the environment that is the same, if that is not empty. */
  text(name: string): string | undefined;
  all(name: string): string[];
  number(name: string): number | undefined;
  choice<T extends string>(name: string, choices: readonly T[]): T;
}

function createReader(values: Record<string, unknown>, env: NodeJS.ProcessEnv): Reader {
  const optionOf = (name: string): Option | undefined => options.find((one) => one.name === name);

  function text(name: string): string | undefined {
    const given = values[name];
    if (typeof given === 'string') return given;
    const { variable } = optionOf(name) ?? {};
    return variable === undefined ? undefined : env[variable] || undefined;
  }

  return {
    text,
    all: (name) => (values[name] ?? []) as string[],
    number(name) {
      const given = text(name);
      if (given === undefined) return undefined;
      const { least = 0 } = optionOf(name) ?? {};
      const value = Number(given);
      if (/^\d+$/.test(given) && value >= least && value < 2 ** 31) return value;
      throw new Error(`--${name} must be a whole number from ${least} to ${2 ** 31 - 1}, not ${given || 'empty'}`);
    },
    choice(name, choices) {
      const given = text(name);
      const [first] = choices;
      if (given === undefined && first !== undefined) return first;
      return oneOf(`--${name}`, given ?? '', choices);
    },
  };
}

function parseIdentity({ text }: Reader): Identity {
  const userId = parseUser('user-id', text('user-id'));
  const [token, appId, appSecret] = [text('token'), text('app-id'), text('app-secret')];
  if ((appId === undefined) !== (appSecret === undefined)) throw new Error('--app-id and --app-secret go together');
  const command = text('token-command');
  if (token && command) throw new Error('--token and --token-command exclude each other');
  if (!token && !command && !appId) throw new Error('give --token, --token-command, or --app-id and --app-secret');
  return { userId, ...(token && { token }), ...(appId && appSecret && { app: { appId, appSecret } }) };
}

function parseOther({ text }: Reader): Identity | undefined {
  const [userId, token] = [text('other-user-id'), text('other-token')];
  if (userId === undefined && token === undefined) return undefined;
  if (userId === undefined || !token) throw new Error('--other-user-id and --other-token go together');
  return { userId: parseUser('other-user-id', userId), token };
}

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : Math.min(seconds * 1000, 2 ** 31 - 1);

/** Whoever reads the message must not learn the value. */
function parseHeader(text: string): [name: string, value: string] {
  const [, name, value] = /^([^:]+):\s*(.+?)\s*$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error("--header must be '<name>: <value>'");
  return [name, value];
}

function parseUser(name: string, userId = ''): string {
  if (!isUserId(contract, userId)) throw new Error(`--${name} must be an id of visible ASCII without spaces`);
  return userId;
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
