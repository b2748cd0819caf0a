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

/** What the user asked for. */
export type CommandLine = { command: 'help' } | { command: 'version' } | Invocation;

/** A command, with what it works on and how. */
export interface Invocation {
  command: CommandName;
  /** What stands behind the command: ids or a file. */
  operands: string[];
  options: OptionValues;
}

/**
 * Reads the arguments of `koodrive-server`.
 *
 * @param env The environment, which has a variable for each option: secrets are better kept out of the list of processes.
 * @throws Error with a message for the user where they are not understood.
 */
export function parseCommandLine(args: string[], env: NodeJS.ProcessEnv): CommandLine {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    // None has its default here, so that what is there was given.
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
      // One that counts for nothing here was meant for something: better to say so than to do something else.
      throw new Error(`${command} does not take ${flag}, which is for ${option.commands.join(', ')}`);
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
  // A variable that is empty counts as none, as it does in files of variables that are left blank.
  return text === undefined || text === '' ? option.default : option.parse(variable, text);
}

/** The longest name wins: `token list` is a command, and so is `token`, which is short for `token issue`. */
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
  // They are not quoted: a secret may be among them.
  if (wanted === '' && operands.length > 0) throw new Error(`${command} takes no more words: see --help`);
  if (wanted === '<id>' && operands.length === 0)
    throw new Error(`${command} needs an id: see ${command.split(' ')[0]} list`);
  if (wanted === '<file>' && operands.length !== 1) throw new Error(`${command} needs one file`);
  return { command, operands };
}
