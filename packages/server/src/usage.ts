import { type CommandOption, commandOptions, commands, flagOf, variableOf } from './command-options.ts';

const options: [string, CommandOption<unknown>][] = Object.entries(commandOptions);
const allCommands = Object.keys(commands);

/** The text that `koodrive-server --help` prints. */
export const usage: string = `Usage: koodrive-server [command] [options]

A reference provider of the KooDrive Backup API. Unofficial.

Commands:
${inColumns(Object.entries(commands).map(([name, { operands, summary }]) => [typedCommand(name, operands), summary]))}

Options:
${inColumns([
  ...options.map(([name, option]): [string, string] => [
    `${flagOf(name)} ${option.placeholder ?? ''}`.trim(),
    `${option.description.replaceAll('`', '')} (${facts(option).join('; ')})`,
  ]),
  ['--version', 'print the version'],
  ['-h, --help', 'print this help'],
])}

An environment variable can set each option, too, such as KOODRIVE_PORT for --port. An empty variable counts as not set.
KOODRIVE_KEY may hold the key itself, in base64, instead of a key file.

Exit status: 0 if the command succeeded, or a signal stopped the server; 2 if it failed, with one line on stderr that
says why.`;

function typedCommand(name: string, operands: string): string {
  if (name === 'serve') return '(none)';
  return `${name.replace(' issue', ' [issue]')} ${operands}`.trim();
}

function facts({ commands: takers, ...option }: CommandOption<unknown>): string[] {
  const byDefault = option.default === undefined ? [] : [`default ${option.default}`];
  return takers.length === allCommands.length ? ['all commands', ...byDefault] : [takers.join(', '), ...byDefault];
}

function inColumns(rows: [left: string, right: string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n');
}

/** Returns the README's table of options, in Markdown. */
export function optionsTable(): string {
  const rows = options.map(([name, option]) => {
    const takers = option.commands.length === allCommands.length ? 'all' : option.commands.join(', ');
    return `| \`${flagOf(name)}\`, \`${variableOf(name)}\` | ${option.default ?? 'none'} | ${takers} | ${sentence(option.description)} |`;
  });
  return ['| Option, variable | Default | Command | Meaning |', '|---|---|---|---|', ...rows].join('\n');
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
