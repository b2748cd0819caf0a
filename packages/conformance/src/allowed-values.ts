// Apart from settings.ts, so that `--help` does not load the suite.
import type { Level } from './check.ts';
import type { RefusalForm } from './judge/oracle.ts';
import type { Profile } from './requests/scope.ts';

/** The values of an option. The first is the default. */
type Choices<T> = readonly [T, ...T[]];

/** The values of the options that have a few. */
export const choices: { level: Choices<Level>; refusal: Choices<RefusalForm>; profile: Choices<Profile> } = {
  level: ['contract', 'behaviour'],
  refusal: ['either', 'status', 'envelope'],
  profile: ['full', 'quick'],
};

/** The smallest value of each option that is a whole number. */
export const smallest = { runs: 1, seed: 0, maxRequests: 1, concurrency: 1, rate: 1, deadlineMs: 1 };

/** The largest value of each option that is a whole number: the longest time that a timer can wait. */
export const largest: number = 2 ** 31 - 1;
