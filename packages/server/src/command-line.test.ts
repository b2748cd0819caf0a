import { expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

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
    adminPort: undefined,
  });
});
