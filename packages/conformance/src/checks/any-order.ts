import fc from 'fast-check';
import { type Observer, observing, type RequestCheck, type Suite } from '../check.ts';
import { type Exchange, type Identity, LimitReached } from '../http/session.ts';
import { FixtureMissing } from '../requests/fixtures.ts';
import { lockSeconds } from '../requests/lifetimes.ts';
import { changed } from './life.ts';
import { glances, type LifeModel, releaseLock, type Step } from './life-model.ts';
import { plansOf } from './life-plans.ts';

/** The most steps of a sequence. */
const maxSteps = 80;

/** How many contradictions are told. Each is left out from then on, so that it does not hide the next. */
const maxTold = 2;

/** For how long a sequence goes on, in milliseconds: well within the time that a lock lasts. */
const maxMs = 0.4 * lockSeconds * 1000;

/** A sequence that is being sent. */
interface Trial {
  readonly suite: Suite;
  readonly observer: Observer;
  /** The kinds of steps that are left out. */
  readonly told: ReadonlySet<string>;
  readonly startedAt: number;
  readonly exchanges: Exchange[];
}

type Command = fc.AsyncCommand<LifeModel, Trial>;

/** An answer that does not follow from the ones before. */
class Contradiction extends Error {
  readonly told: { step: Step; expected: string; got: string; exchanges: readonly Exchange[] };

  constructor(told: Contradiction['told']) {
    super(`expected ${told.expected}, got ${told.got}`);
    this.told = told;
  }
}

/** What came is no plain yes or no, which the checks of answers tell: nothing follows from it. */
class Unclear extends Error {}

/**
 * Sends sequences of requests, and holds each answer against a model of what the answers before it have made. A
 * sequence that ends in a contradiction is made as short as it can be.
 */
export const anyOrder: RequestCheck = {
  id: 'any-order',
  title: 'In whatever order locks are used and records changed, each answer follows from the ones before it.',
  level: 'behaviour',
  run: (suite, observer) => observing(observer, undefined, () => sendSequences(suite, observer)),
};

async function sendSequences(suite: Suite, observer: Observer): Promise<void> {
  const { fixtures, main, other, seed, runs } = suite;
  const users = other ? [main, other] : [main];
  const modules = await fixtures.lockable();
  for (const user of users) for (const moduleCode of modules) await fixtures.freeLock(moduleCode, user);
  const told = new Set<string>();
  let stopped: Error | undefined;

  async function send(sequence: Iterable<Command>): Promise<void> {
    if (stopped) return;
    const model: LifeModel = { locks: [], records: [], devices: new Map() };
    const real: Trial = { suite, observer, told, startedAt: performance.now(), exchanges: [] };
    try {
      for (const user of users) model.devices.set(user, await fixtures.bindDevice(user));
      await fc.asyncModelRun(() => ({ model, real }), sequence);
    } catch (error) {
      if (error instanceof FixtureMissing || error instanceof LimitReached) stopped = error;
      else if (!(error instanceof Unclear)) throw error;
    } finally {
      await releaseLocks(model, suite);
    }
  }

  const property = fc.asyncProperty(sequencesOf(users, modules, told), send);
  while (told.size < maxTold) {
    const { failed, errorInstance } = await fc.check(property, { seed, numRuns: runs });
    if (!failed) break;
    if (!(errorInstance instanceof Contradiction)) throw errorInstance;
    told.add(kindOf(errorInstance.told.step));
    tell(errorInstance, observer);
  }
  if (stopped) throw stopped;
}

function sequencesOf(
  users: readonly Identity[],
  modules: readonly string[],
  told: ReadonlySet<string>,
): fc.Arbitrary<Iterable<Command>> {
  const steps = plansOf(users, modules).map(
    (plan): Command => ({
      check: (model) => !told.has(kindOf(plan(model))),
      run: async (model, trial) => void (await take(plan(model), trial)),
      toString: () => '',
    }),
  );
  // Without looking in between, what went wrong would have to be met by chance.
  const looks = fc.constant<Command>({ check: () => true, run: look, toString: () => '' });
  const commands = fc.oneof({ weight: 10, arbitrary: steps }, { weight: 1, arbitrary: looks });
  return fc.commands([commands], { maxCommands: maxSteps, size: 'max' });
}

/** Of one kind are steps that ask the same of the same. */
const kindOf = ({ operation, why }: Step): string => `${operation}: ${why}`;

/** Sends what a step asks for, and holds the answer against the model. */
async function take(step: Step, { suite, observer, startedAt, exchanges }: Trial): Promise<Exchange> {
  if (performance.now() - startedAt > maxMs) throw new Unclear();
  const exchange = await request(step, suite);
  exchanges.push(exchange);
  const { isTaken, isDenied, envelope = {}, got } = exchange.judgement;
  if (!isTaken && !isDenied) throw new Unclear();
  // Also where it contradicts the model: a lock that was had has to be released.
  const difference = isTaken ? step.accept?.(envelope) : step.refuse?.();
  if (step.verdict === (isTaken ? 'refused' : 'accepted')) {
    throw new Contradiction({ step, expected: `${step.verdict}: ${step.why}`, got, exchanges });
  }
  if (difference) throw new Contradiction({ step, ...difference, exchanges });
  if (step.verdict !== 'either') observer.passed(exchange.call.operation);
  return exchange;
}

/** Looks at all that a sequence has made. What is found to be right, and has changed nothing, is not told. */
async function look(model: LifeModel, trial: Trial): Promise<void> {
  for (const step of glances(model)) {
    if (trial.told.has(kindOf(step))) continue;
    const { call, judgement } = await take(step, trial);
    if (call.method === 'GET' || judgement.isDenied) trial.exchanges.pop();
  }
}

/** A lock that cannot be released now is left to the suite's cleaning up. */
async function releaseLocks({ locks }: LifeModel, suite: Suite): Promise<void> {
  for (const lock of locks.filter(({ isLive }) => isLive)) {
    await request(releaseLock(lock.owner, lock), suite).catch(() => undefined);
  }
}

function request({ operation, change }: Step, { fixtures, session }: Suite): Promise<Exchange> {
  const { as } = change;
  return session.send(changed(fixtures.bare(fixtures.operation(operation), as), change), { as });
}

function tell({ told: { step, expected, got, exchanges } }: Contradiction, observer: Observer): void {
  const exchange = exchanges.at(-1);
  if (!exchange) return;
  observer.violated(exchange.call.operation, {
    pointer: step.pointer,
    expected,
    got,
    ...(step.verdict === 'refused' && { fault: step.why }),
    exchange,
    before: exchanges.slice(0, -1),
  });
}
