import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { type CommandOption, commandOptions, commands, flagOf, variableOf } from './command-options.ts';

const defaults = {
  port: 4020,
  host: '127.0.0.1',
  adminHost: '127.0.0.1',
  logLevel: 'info',
  maxConnections: 4096,
  maxBytesInFlight: 67_108_864,
  writeTimeoutMs: 30_000,
  maxQueued: 1024,
  storeTimeoutMs: 5000,
  databaseConnections: 20,
  maxDevicesPerUser: 1000,
  anonymousLogLines: 20,
  data: './koodrive-data',
};

it('serves with the defaults if nothing is given', () => {
  expect(parseCommandLine([], {})).toEqual({ command: 'serve', operands: [], options: defaults });
});

it.each([
  ['token', 'token issue', []],
  ['token issue', 'token issue', []],
  ['token list', 'token list', []],
  ['token revoke a b', 'token revoke', ['a', 'b']],
  ['app', 'app issue', []],
  ['app issue', 'app issue', []],
  ['app list', 'app list', []],
  ['app revoke a', 'app revoke', ['a']],
  ['rotate-key', 'rotate-key', []],
  ['backup a', 'backup', ['a']],
  ['verify a', 'verify', ['a']],
  ['restore a', 'restore', ['a']],
])('reads %s', (words, command, operands) => {
  const user = /^(token|app)( issue)?$/.test(words) ? { user: '7' } : {};
  const typed = [...words.split(' '), ...(user.user ? ['--user', '7'] : [])];
  const options = { data: './koodrive-data', ...user };
  expect(parseCommandLine(typed, {})).toEqual({ command, operands, options });
  // Options may come before the command, too.
  const before = parseCommandLine(['--data', 'x', ...typed], {});
  expect(before).toEqual({ command, operands, options: { ...options, data: 'x' } });
});

/** For each option: a value as it is typed, the same value parsed, and a value that is refused. */
const samples: { [Name in keyof typeof commandOptions]: [typed: string, read: unknown, wrong: string] } = {
  port: ['0', 0, '65536'],
  host: ['::', '::', ''],
  adminPort: ['65535', 65_535, '-1'],
  adminHost: ['::', '::', ''],
  logLevel: ['silent', 'silent', 'loud'],
  maxConnections: ['1', 1, '0'],
  maxBytesInFlight: ['2147483647', 2_147_483_647, '2147483648'],
  writeTimeoutMs: ['1', 1, '1.5'],
  maxQueued: ['1', 1, 'x'],
  storeTimeoutMs: ['1', 1, '1e3'],
  databaseConnections: ['1', 1, ' 1'],
  maxDevicesPerUser: ['1', 1, '-1'],
  anonymousLogLines: ['1', 1, '0'],
  user: ['7', '7', 'a b'],
  name: ['my laptop', 'my laptop', 'a\u001b[2J'],
  expires: ['2999-01-01', Date.UTC(2999, 0, 1), 'never'],
  json: ['true', true, 'yes'],
  prepare: ['true', true, '1'],
  data: ['x', 'x', 'a\0b'],
  databaseUrl: ['postgres://given/a', 'postgres://given/a', 'mysql://a:hidden@b/c'],
  keyFile: ['x', 'x', 'a\0b'],
};

const options: [string, CommandOption<unknown>][] = Object.entries(commandOptions);

describe.each(options)('the option %s', (name, { placeholder, commands: takers }) => {
  const [typed, read, wrong] = samples[name as keyof typeof samples];
  const [flag, variable] = [flagOf(name), variableOf(name)];
  const given = (text: string): string => (placeholder ? `${flag}=${text}` : flag);
  const parse = (taker: string, args: string[], env: NodeJS.ProcessEnv = {}) => {
    const words = taker === 'serve' ? [] : taker.split(' ');
    const operand = commands[taker as keyof typeof commands].operands === '' ? [] : ['x'];
    const user = taker.endsWith('issue') && name !== 'user' ? ['--user=7'] : [];
    return parseCommandLine([...words, ...operand, ...user, ...args], env);
  };

  it.each(takers)(
    'is accepted by %s, also from the environment, where an empty variable counts as not set',
    (taker) => {
      const expected = { options: { [name]: read } };
      expect(parse(taker, [given(typed)])).toMatchObject(expected);
      expect(parse(taker, [], { [variable]: typed })).toMatchObject(expected);
      expect(parse(taker, [given(typed)], { [variable]: wrong })).toMatchObject(expected);
      const none = parse(taker, name === 'user' ? ['--user=7'] : [], { [variable]: '' });
      expect(none).toEqual(parse(taker, name === 'user' ? ['--user=7'] : []));
    },
  );

  it('is named as the option or the variable if its value is wrong', () => {
    const [taker = ''] = takers;
    for (const [refuse, called] of [
      [() => parse(taker, placeholder ? [given(wrong)] : [`${flag}=${wrong}`]), flag],
      [() => parse(taker, [], { [variable]: wrong || '\0' }), variable],
    ] as const) {
      if (called === variable && wrong === '') continue;
      expect(refuse).toThrow(called);
      expect(refuse).not.toThrow('hidden');
    }
  });

  it('is refused by the other commands, which ignore its variable', () => {
    for (const other of Object.keys(commands).filter((one) => !(takers as readonly string[]).includes(one))) {
      expect(() => parse(other, [given(typed)])).toThrow(
        `${other} does not accept ${flag}, which is for ${takers.join(', ')}`,
      );
      expect(parse(other, [], { [variable]: wrong })).toEqual(parse(other, []));
    }
  });
});

const key = Buffer.alloc(32).toString('base64');

it('reads the key from the environment only, and does not quote it', () => {
  expect(parseCommandLine([], { KOODRIVE_KEY: key })).toMatchObject({ options: { key } });
  expect(parseCommandLine([], { KOODRIVE_KEY: '' })).toMatchObject({ options: defaults });
  expect(() => parseCommandLine([], { KOODRIVE_KEY: 'hidden' })).toThrow(/^KOODRIVE_KEY must hold keys of 32 bytes/);
  expect(() => parseCommandLine([], { KOODRIVE_KEY: key, KOODRIVE_KEY_FILE: 'x' })).toThrow('not both');
  expect(() => parseCommandLine(['--key', key], {})).toThrow("Unknown option '--key'");
});

it.each([
  [['--prot', '1'], "Unknown option '--prot'"],
  [['extra'], 'there is no command extra: see --help'],
  [['serve'], 'there is no command serve: see --help'],
  [['constructor'], 'there is no command constructor: see --help'],
  [['token', 'hidden', '--user', 'a'], 'token issue accepts no further words: see --help'],
  [['token', 'list', 'hidden'], 'token list accepts no further words: see --help'],
  [['token'], 'token issue needs --user'],
  [['app', 'issue'], 'app issue needs --user'],
  [['token', 'revoke'], 'token revoke needs an id: see token list'],
  [['backup'], 'backup needs one file'],
  [['restore', 'a', 'hidden'], 'restore needs one file'],
])('refuses %j', (args, message) => {
  const parse = () => parseCommandLine(args, {});
  expect(parse).toThrow(message);
  expect(parse).not.toThrow('hidden');
});

it.each([
  [['--version'], 'version'],
  [['token', '--version'], 'version'],
  [['--version', '--port', 'x', '--user', '7'], 'version'],
  [['--help', '--version'], 'help'],
  [['app', '-h'], 'help'],
])('with %j, does nothing but print', (args, command) => {
  expect(parseCommandLine(args, {})).toEqual({ command });
});
