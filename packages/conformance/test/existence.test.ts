import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answered, Message, Wrapper } from './provider.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

/** Refuses like the provider behind it, with other words. */
const saying =
  (words: (request: Message) => string): (() => Wrapper) =>
  () =>
  async (request, forward): Promise<Answered> => {
    const answer = await forward(request);
    if (answer.status === 200) return answer;
    const { code } = JSON.parse(answer.body.toString());
    return { ...answer, body: Buffer.from(JSON.stringify({ code, msg: words(request) })) };
  };

let refusals = 0;

const idIn = ({ target, headers }: Message): string | undefined =>
  /\/(?:record|device)\/(.+)/.exec(target)?.[1] ?? headers.find(([name]) => name === 'x-backup-lock-id')?.[1];

it.each([
  ['repeats the id', (request: Message) => `there is no ${idIn(request)}`],
  ['has a word of its own each time', () => `refused, see line ${++refusals} of the log`],
])('reports no violation if a refusal %s', async (_, words) => {
  const { results } = await reference.run({ only: ['existence-hidden'] }, saying(words));
  const seen = results.filter(({ check }) => check === 'existence-hidden');
  expect(seen.length).toBeGreaterThan(5);
  expect(seen.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
});
