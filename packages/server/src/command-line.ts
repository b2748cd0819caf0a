import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import {
  type CommandName,
  type CommandOption,
  commandOptions,
  commands,
  flagOf,
  type OptionValues,
  variableOf,
} from './command-options.ts';
import { checks } from './server-options.ts';

const options: [string, CommandOption<unknown>][] = Object.entries(commandOptions);

/** A parsed command line. */
export type CommandLine = { command: 'help' } | { command: 'version' } | Invocation;

/** A command with its operands and options. */
export interface Invocation {
  command: CommandName;
  /** The words after the command: ids or a file. */
  operands: string[];
  options: OptionValues;
}

/**
 * Reads the arguments of `koodrive-server`.
 *
 * @param env The environment. It has a variable for each option, because others can read the arguments of a
 *   process.
 * @throws Error with a message for the user if the arguments are not understood.
 */
export function parseCommandLine(args: string[], env: NodeJS.ProcessEnv): CommandLine {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    // No defaults here: `values` must hold only what the user typed.
    options: {
      ...Object.fromEntries(options.map(([name, option]) => [flagOf(name).slice(2), { type: typeOf(option) }])),
      version: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } satisfies ParseArgsOptionsConfig,
  });
  const given = new Map<string, unknown>(Object.entries(values));
  if (given.has('help')) return { command: 'help' };
  if (given.has('version')) return { command: 'version' };
  const { command, operands } = parseCommand(positionals);
  const found = new Map<string, unknown>();
  for (const [name, option] of options) {
    const flag = flagOf(name);
    const typed = given.get(flag.slice(2));
    if (option.commands.includes(command)) {
      found.set(name, typed === undefined ? fromEnvironment(name, option, env) : option.parse(flag, String(typed)));
    } else if (typed !== undefined) {
      // Refused, because the user meant something by an option that has no effect here.
      throw new Error(`${command} does not accept ${flag}, which is for ${option.commands.join(', ')}`);
    }
  }
  if (command.endsWith('issue') && found.get('user') === undefined) throw new Error(`${command} needs --user`);
  const { KOODRIVE_KEY: key = '' } = env;
  if (key !== '') checks.key('KOODRIVE_KEY', key);
  if (key !== '' && found.get('keyFile') !== undefined) throw new Error('give KOODRIVE_KEY or a key file, not both');
  found.set('key', key || undefined);
  const isGiven = ([, value]: [string, unknown]): boolean => value !== undefined;
  return { command, operands, options: Object.fromEntries([...found].filter(isGiven)) };
}

const typeOf = ({ placeholder }: CommandOption<unknown>): 'string' | 'boolean' => (placeholder ? 'string' : 'boolean');

function fromEnvironment(name: string, option: CommandOption<unknown>, env: NodeJS.ProcessEnv): unknown {
  const variable = variableOf(name);
  const text = env[variable];
  // An empty variable counts as not set, because files of variables often leave some of them blank.
  return text === undefined || text === '' ? option.default : option.parse(variable, text);
}

/** Finds the command. The longest name wins: `token list` is a command, and so is `token`, short for `token issue`. */
function parseCommand([first, ...more]: string[]): { command: CommandName; operands: string[] } {
  if (first === undefined) return { command: 'serve', operands: [] };
  const [second, ...others] = more;
  const [long, short, issue] = [`${first} ${second}`, first, `${first} issue`];
  if (isCommand(long)) return checkOperands(long, others);
  if (isCommand(short) && short !== 'serve') return checkOperands(short, more);
  if (isCommand(issue)) return checkOperands(issue, more);
  throw new Error(`there is no command ${first}: see --help`);
}

const isCommand = (words: string): words is CommandName => Object.hasOwn(commands, words);

function checkOperands(command: CommandName, operands: string[]): { command: CommandName; operands: string[] } {
  const { operands: wanted } = commands[command];
  // The messages do not quote the operands, because one of them may be a secret.
  if (wanted === '' && operands.length > 0) throw new Error(`${command} accepts no further words: see --help`);
  if (wanted === '<id>' && operands.length === 0)
    throw new Error(`${command} needs an id: see ${command.split(' ')[0]} list`);
  if (wanted === '<file>' && operands.length !== 1) throw new Error(`${command} needs one file`);
  return { command, operands };
}
