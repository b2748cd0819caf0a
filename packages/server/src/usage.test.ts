import { expect, it } from 'vitest';
import { commandOptions, commands, flagOf, variableOf } from './command-options.ts';
import { optionsTable, usage } from './usage.ts';

it.each(Object.keys(commandOptions))('explains the option %s in --help and in the README', (name) => {
  expect(usage).toMatch(new RegExp(`^  ${flagOf(name)} .*\\w+ `, 'm'));
  expect(optionsTable()).toContain(`| \`${flagOf(name)}\`, \`${variableOf(name)}\` |`);
});

it.each(Object.keys(commands).filter((name) => name !== 'serve'))('explains the command %s', (name) => {
  expect(usage).toMatch(new RegExp(`^  ${name.replace('issue', '\\[issue\\]')} .*\\w+`, 'm'));
});

it('explains --help and --version', () => {
  expect(usage).toMatch(/^ {2}--version +\w+/m);
  expect(usage).toMatch(/^ {2}-h, --help +\w+/m);
});
