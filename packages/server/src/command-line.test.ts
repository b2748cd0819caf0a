import { expect, it } from 'vitest';
import { parseCommandLine, usage } from './command-line.ts';

const [given, fromEnvironment] = ['postgres://given/a', 'postgres://environment/a'];

it.each([
  [[], {}, undefined],
  [[], { KOODRIVE_DATABASE_URL: '' }, undefined],
  [[], { KOODRIVE_DATABASE_URL: fromEnvironment }, fromEnvironment],
  [['--database-url', given], { KOODRIVE_DATABASE_URL: fromEnvironment }, given],
  [['token', '--user', '7'], { KOODRIVE_DATABASE_URL: fromEnvironment }, fromEnvironment],
])('%j in the environment %j: the database is %s', (args, env, databaseUrl) => {
  expect(parseCommandLine(args, env)).toMatchObject({ databaseUrl });
});

it('names the variable whose URL is none, and quotes nothing of it', () => {
  const parse = () => parseCommandLine([], { KOODRIVE_DATABASE_URL: 'mysql://a:hidden@b/c' });
  expect(parse).toThrow(/^KOODRIVE_DATABASE_URL must be a URL such as postgres:[^ ]*$/);
  expect(parse).not.toThrow('hidden');
});

it('takes options before and after a command, and the defaults for the others', () => {
  const issue = { command: 'app', data: 'x', databaseUrl: undefined, user: '7' };
  expect(parseCommandLine(['--data', 'x', 'app', '--user', '7'], {})).toEqual(issue);
  expect(parseCommandLine([], {})).toEqual({
    command: 'serve',
    data: './koodrive-data',
    databaseUrl: undefined,
    host: '127.0.0.1',
    port: 4020,
    adminHost: '127.0.0.1',
    adminPort: undefined,
    logLevel: 'info',
  });
});

it.each([
  [['--port', 'x'], "--port must be a number from 0 to 65535, not 'x'"],
  [['--port', '65536'], '--port must be a number from 0 to 65535, not 65536'],
  [['--port='], "--port must be a number from 0 to 65535, not ''"],
  [['--admin-port', '-1'], '--admin-port'],
  [['--host='], "--host must be a name or an address, not ''"],
  [['--admin-host='], "--admin-host must be a name or an address, not ''"],
  [['--log-level', 'loud'], "--log-level must be one of trace, debug, info, warn, error, fatal, silent, not 'loud'"],
  [['--data='], "--data must be the path of a folder, not ''"],
  [['--database-url', 'mysql://a:hidden@b/c'], '--database-url must be a URL such as postgres://'],
  [['--database-url', 'postgres://a:hidden@b:99999/c'], '--database-url must be a URL such as postgres://'],
  [['--database-url='], '--database-url must be a URL such as postgres://'],
  [['--user', '7'], '--user is for the commands token and app: koodrive-server token --user …'],
  [
    ['token', '--user', 'a', '--port', '1'],
    '--port is for serving, which is koodrive-server without the command token',
  ],
  [['app', '--host', 'a', '--user', 'a'], '--host is for serving, which is koodrive-server without the command app'],
  [['app', '--user', 'a', '--admin-port=1'], '--admin-port is for serving, '],
  [['--prot', '1'], "Unknown option '--prot'"],
  [['extra'], 'there is no command extra: see --help'],
  [['token', 'more', '--user', 'a'], 'there is no command token more: see --help'],
  [['token'], '--user must be an id of visible ASCII without spaces'],
  [['app', '--user', 'a b'], '--user must be an id of visible ASCII without spaces'],
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

it.each([
  '--port',
  '--host',
  '--admin-port',
  '--admin-host',
  '--log-level',
  '--data',
  '--database-url',
  '--user',
  '--version',
  '--help',
  'token',
  'app',
])('explains %s', (name) => {
  expect(usage).toContain(name);
});
