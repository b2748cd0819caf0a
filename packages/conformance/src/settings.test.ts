import { expect, it } from 'vitest';
import { CouldNotRun } from './could-not-run.ts';
import { type ConformanceOptions, settingsOf } from './settings.ts';

const good: ConformanceOptions = { baseUrl: 'http://127.0.0.1:1', credentials: { userId: '7', token: 'a-secret' } };

it.each<[object, string]>([
  [{ level: 'behavior' }, "level must be one of contract, behaviour, not 'behavior'"],
  [{ refusal: 400 }, 'refusal must be one of either, status, envelope, not 400'],
  [{ profile: '' }, "profile must be one of full, quick, not ''"],
  ...['runs', 'seed', 'maxRequests', 'concurrency', 'rate', 'deadlineMs'].flatMap((name): [object, string][] =>
    [Number.NaN, -1, 0.5, '8', null, 2 ** 31].map((value) => [
      { [name]: value },
      `${name} must be a whole number from `,
    ]),
  ),
  ...['runs', 'maxRequests', 'concurrency', 'rate', 'deadlineMs'].map((name): [object, string] => [
    { [name]: 0 },
    `${name} must be a whole number from 1 to 2147483647, not 0`,
  ]),
  [{ concurrency: Number.POSITIVE_INFINITY }, 'concurrency must be a whole number'],
  [{ credentials: undefined }, 'credentials.userId must be an id'],
  [{ credentials: { userId: 7, token: 'a-secret' } }, 'credentials.userId must be an id'],
  [{ credentials: { userId: 'a b', token: 'a-secret' } }, 'credentials.userId must be an id'],
  [{ credentials: { userId: '7' } }, 'credentials must have a token, or an app'],
  [{ credentials: { userId: '7', token: '' } }, 'credentials must have a token, or an app'],
  [{ credentials: { userId: '7', app: { appId: 'a' } } }, 'credentials must have a token, or an app'],
  [{ other: { userId: '8' } }, 'other must have a token, or an app'],
  [
    { replay: { level: 'behaviour', refusal: 'either', seed: 1, runs: -1, results: [] } },
    'runs must be a whole number',
  ],
])('the suite does not run with %j', (wrong, message) => {
  const settings = (): unknown => settingsOf({ ...good, ...wrong } as ConformanceOptions);
  expect(settings).toThrow(CouldNotRun);
  expect(settings).toThrow(message);
  expect(settings).not.toThrow('a-secret');
});

it('an option that is undefined has its default', () => {
  const options = {
    ...good,
    level: undefined,
    runs: undefined,
    rate: undefined,
    maxRequests: Number.POSITIVE_INFINITY,
  };
  const settings = settingsOf(options as unknown as ConformanceOptions);
  expect(settings).toMatchObject({ level: 'contract', runs: 25, rate: Number.POSITIVE_INFINITY });
});
