import { parseArgs } from 'node:util';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { isUserId } from '@koodrive-backup/spec/user-id';
import { choices, largest, smallest } from './allowed-values.ts';
import type { Identity } from './http/session.ts';
import type { ConformanceOptions } from './settings.ts';

/** An option of the command. The usage text, the parser, the README and `action.yml` are derived from these. */
export interface Option {
  name: string;
  /** The placeholder for its value, one word. Absent if the option has no value. */
  value?: string;
  /** What the option does. Each item is a sentence or describes one choice. */
  about: readonly string[];
  /** The environment variable that sets the same value. */
  variable?: string;
  /** Whether the value is secret, and so should not appear in the list of processes. */
  isSecret?: boolean;
  /** The allowed values. The first is the default. */
  choices?: readonly string[];
  /** The smallest allowed number. */
  least?: number;
  isRepeated?: boolean;
  /** Whether only the command line has the option: `action.yml` leaves it out. */
  isLocal?: boolean;
}

/** The formats in which reports are written to files. */
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
    about: ['a shell command that prints an access token; it runs at the start and again when the token has expired'],
    isLocal: true,
  },
  { name: 'app-id', value: 'id', about: ["an application's id"], variable: 'KOODRIVE_APP_ID', isSecret: true },
  {
    name: 'app-secret',
    value: 'secret',
    about: ["the application's secret"],
    variable: 'KOODRIVE_APP_SECRET',
    isSecret: true,
  },
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
      'contract: what the contract alone decides; a mock can pass it (default)',
      'behaviour: also what needs state, users and a clock',
    ],
    choices: choices.level,
  },
  {
    name: 'refusal',
    value: 'form',
    about: ['how the provider refuses: status, envelope or either (default)'],
    choices: choices.refusal,
  },
  {
    name: 'profile',
    value: 'name',
    about: [
      'full: every request that the suite knows (default)',
      'quick: some requests of each kind, for every commit',
    ],
    choices: choices.profile,
  },
  { name: 'operation', value: 'id', about: ['test this operation only'], isRepeated: true },
  {
    name: 'runs',
    value: 'number',
    about: ['how many requests to generate for each operation (default 25, or 5 if quick)'],
    least: smallest.runs,
  },
  {
    name: 'seed',
    value: 'number',
    about: ['the seed of generated requests (default: a new one each time)'],
    least: smallest.seed,
  },
  { name: 'only', value: 'check', about: ['run this check only'], isRepeated: true },
  { name: 'skip', value: 'check', about: ['do not run this check'], isRepeated: true },
  {
    name: 'max-requests',
    value: 'number',
    about: ['send at most this many requests (default: no limit)'],
    least: smallest.maxRequests,
  },
  {
    name: 'concurrency',
    value: 'number',
    about: ['how many requests to send at the same time (default 8)'],
    least: smallest.concurrency,
  },
  { name: 'timeout', value: 'seconds', about: ['how long an answer may take (default 10)'], least: 1 },
  {
    name: 'header',
    value: 'name: value',
    about: ['a header to add to every request; its value is never shown'],
    isRepeated: true,
    isSecret: true,
  },
  { name: 'ca', value: 'file', about: ['also trust the PEM certificates in this file'], isLocal: true },
  {
    name: 'rate',
    value: 'number',
    about: ['send at most this many requests a second, until interrupted (default: no limit)'],
    least: smallest.rate,
  },
  {
    name: 'strict',
    about: ['also fail for violations that only the errata decide, and no page of the vendor'],
  },
  { name: 'slow', about: ['also wait for locks to expire, which takes 20 minutes'], isLocal: true },
  {
    name: 'deviations',
    value: 'file',
    about: ['known violations that do not fail the run: a JSON array of { check, operation, reason, expires }'],
  },
  {
    name: 'replay',
    value: 'file',
    about: ['send the failures of a JSON report again, with its settings, and report which are fixed'],
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
  { name: 'help', about: ['print this help; -h is the same'], isLocal: true },
];

/** The options that a replay takes from its report. */
const ofReport = ['level', 'refusal', 'profile', 'operation', 'strict', 'runs', 'seed', 'slow', 'only', 'skip'];

/** Returns what an option does, with its environment variable or that it may be repeated. */
export function aboutOption({ about, variable, isRepeated }: Option): string[] {
  if (variable !== undefined) return [`${about.join('; ')}; environment variable: ${variable}`];
  return isRepeated ? [`${about.join('; ')}; may be repeated`] : [...about];
}

/** Returns an option as the user writes it: `--seed <number>`. */
export const optionForm = ({ name, value }: Option): string => `--${name}${value === undefined ? '' : ` <${value}>`}`;

const column = 26;

/** What `koodrive-conformance --help` prints. */
export const usage: string = `Usage: koodrive-conformance <base-url> --user-id <id> (--token <token> | --token-command <command> | --app-id <id> --app-secret <secret>) [options]

Tests whether a provider of the KooDrive Backup API honours the contract. Unofficial.

${options.map((one) => `  ${optionForm(one).padEnd(column)}${aboutOption(one).join(`\n${' '.repeat(column + 2)}`)}`).join('\n')}

Give secrets in the environment, because other users of the machine can read arguments. If you give a token and an app,
requests carry the token, and the checks of signatures run too. KOODRIVE_EXPIRED_TOKEN may hold an expired token of the
user: without it, the check that an expired token is refused sees nothing.

The suite removes at the end what it created. Ctrl-C ends the run within 5 seconds: the suite removes what it created,
reports what it could not remove, and writes the reports. A second Ctrl-C ends the run at once. The run also ends if
three requests in a row have no answer within the timeout.

Exit status: 0 the contract is honoured; 1 the contract is violated; 2 the suite could not run, or was interrupted.
With --replay: 0 all failures are fixed; 1 some still fail; 2 some could not be observed.`;

/** A report that the user asked for. */
export interface ReportFile {
  format: (typeof reportFormats)[number];
  file: string;
}

/** What the user asked for. */
export type CommandLine = { action: 'help' | 'version' | 'list' } | TestRun;

/** A run of the suite, as the user asked for it. */
export interface TestRun {
  action: 'run';
  options: ConformanceOptions;
  reports: ReportFile[];
  /** The path of the file with known deviations. */
  deviations: string | undefined;
  /** The path of the report whose failures are sent again. */
  replay: string | undefined;
  /** The path of a file with certificates in PEM. */
  ca: string | undefined;
  tokenCommand: string | undefined;
  /** Whether checks may wait for minutes. */
  isSlow: boolean;
}

/**
 * Reads the arguments of `koodrive-conformance`.
 *
 * @param env The environment. It may hold the secrets, which arguments would show in the list of processes.
 * @throws Error with a message for the user if the arguments are wrong.
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
  if (fixed !== undefined) throw new Error(`--replay reads --${fixed} from the report: leave --${fixed} out`);
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
      level: read.choice('level', choices.level),
      refusal: read.choice('refusal', choices.refusal),
      strict: values.strict === true,
      profile: read.choice('profile', choices.profile),
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
  /** Returns the option's value or, without the option, its environment variable if that is not empty. */
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
      if (/^\d+$/.test(given) && value >= least && value <= largest) return value;
      throw new Error(`--${name} must be a whole number from ${least} to ${largest}, not ${given || 'empty'}`);
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
  if ((appId === undefined) !== (appSecret === undefined))
    throw new Error('--app-id and --app-secret go together, and so do KOODRIVE_APP_ID and KOODRIVE_APP_SECRET');
  const command = text('token-command');
  if (token && command) throw new Error('--token and --token-command exclude each other: give one of them');
  if (!token && !command && !appId) throw new Error('give --token, --token-command, or --app-id and --app-secret');
  return { userId, ...(token && { token }), ...(appId && appSecret && { app: { appId, appSecret } }) };
}

function parseOther({ text }: Reader): Identity | undefined {
  const [userId, token] = [text('other-user-id'), text('other-token')];
  if (userId === undefined && token === undefined) return undefined;
  if (userId === undefined || !token)
    throw new Error('--other-user-id and --other-token go together, also if KOODRIVE_OTHER_TOKEN gives one of them');
  return { userId: parseUser('other-user-id', userId), token };
}

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : Math.min(seconds * 1000, largest);

/** Splits `<name>: <value>`. The error message does not show the text, because the value may be secret. */
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
