import fc from 'fast-check';
import { type Observer, observing, type SequenceCheck, type Suite } from '../check.ts';
import { type Exchange, type Identity, LimitReached } from '../http/session.ts';
import { FixtureMissing } from '../requests/fixtures.ts';
import { lockSeconds } from '../requests/lifetimes.ts';
import { bindDevice } from './state/devices.ts';
import { createModel, type StateModel, type Step } from './state/model.ts';
import { isExcused, type Judged, judge, releaseLocks, report, send } from './state/scenario.ts';
import { glances, movesOf } from './state/sequences.ts';

/** The most steps of a sequence. */
const maxSteps = 50;

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

type Command = fc.AsyncCommand<StateModel, Trial>;

/** An answer that does not follow from the ones before. */
class Contradiction extends Error {
  readonly told: Judged & { step: Step; exchanges: readonly Exchange[] };

  constructor(told: Contradiction['told']) {
    super(`expected ${told.contradiction?.expected}, got ${told.contradiction?.got}`);
    this.told = told;
  }
}

/** What came is no plain yes or no, which the checks of answers tell: nothing follows from it. */
class Unclear extends Error {}

/**
 * Sends sequences of requests, and holds each answer against a model of what the answers before it have made. A
 * sequence that ends in a contradiction is made as short as it can be.
 */
export const anyOrder: SequenceCheck = {
  id: 'any-order',
  title: 'In whatever order locks are used and records changed, each answer follows from the ones before it.',
  level: 'behaviour',
  run: (suite, observer) => observing(observer, undefined, () => sendSequences(suite, observer)),
};

async function sendSequences(suite: Suite, observer: Observer): Promise<void> {
  const { contract, clock, fixtures, main, other, seed, runs } = suite;
  const users = other ? [main, other] : [main];
  const modules = await fixtures.lockable();
  for (const user of users) for (const moduleCode of modules) await fixtures.freeLock(moduleCode, user);
  const told = new Set<string>();
  let stopped: Error | undefined;

  async function trySequence(sequence: Iterable<Command>): Promise<void> {
    if (stopped) return;
    const model = createModel(contract, clock);
    const real: Trial = { suite, observer, told, startedAt: performance.now(), exchanges: [] };
    try {
      for (const user of users) await bind(model, user, suite);
      await fc.asyncModelRun(() => ({ model, real }), sequence);
    } catch (error) {
      if (error instanceof FixtureMissing || error instanceof LimitReached) stopped = error;
      else if (!(error instanceof Unclear)) throw error;
    } finally {
      await releaseLocks(model, suite);
    }
  }

  const property = fc.asyncProperty(sequencesOf(users, modules, told), trySequence);
  while (told.size < maxTold) {
    const { failed, errorInstance } = await fc.check(property, { seed, numRuns: runs });
    if (!failed) break;
    if (!(errorInstance instanceof Contradiction)) throw errorInstance;
    told.add(kindOf(errorInstance.told));
    tell(errorInstance, observer);
  }
  if (stopped) throw stopped;
}

/** The device of which all records of a user are. */
async function bind(model: StateModel, user: Identity, suite: Suite): Promise<void> {
  const step = bindDevice(model, user, { machineCode: suite.fixtures.machineCode() });
  const exchange = await send(step, suite);
  judge(step, exchange);
  if (!exchange.judgement.isTaken) throw new FixtureMissing(`bindDevice was not accepted: ${exchange.judgement.got}`);
}

function sequencesOf(
  users: readonly Identity[],
  modules: readonly string[],
  told: ReadonlySet<string>,
): fc.Arbitrary<Iterable<Command>> {
  const steps = movesOf(users, modules).map(
    (move): Command => ({
      check: (model) => !told.has(kindOf(ruled(move(model)))),
      run: async (model, trial) => void (await take(move(model), trial)),
      toString: () => '',
    }),
  );
  // Without looking in between, what went wrong would have to be met by chance.
  const looks = fc.constant<Command>({ check: () => true, run: look, toString: () => '' });
  const commands = fc.oneof({ weight: 10, arbitrary: steps }, { weight: 1, arbitrary: looks });
  return fc.commands([commands], { maxCommands: maxSteps, size: 'max' });
}

type Ruled = Pick<Contradiction['told'], 'step' | 'ruling'>;

const ruled = (step: Step): Ruled => ({ step, ruling: step.rule() });

/** Of one kind are steps that ask the same of the same. */
const kindOf = ({ step: { operation }, ruling: { why } }: Ruled): string => `${operation.id}: ${why}`;

/** Sends what a step asks for, and holds the answer against the model. */
async function take(step: Step, { suite, observer, startedAt, exchanges }: Trial): Promise<Exchange> {
  if (performance.now() - startedAt > maxMs) throw new Unclear();
  const exchange = await send(step, suite);
  exchanges.push(exchange);
  const { isTaken, isDenied } = exchange.judgement;
  if (!isTaken && !isDenied) throw new Unclear();
  const judged = judge(step, exchange);
  if (judged.contradiction && (await isExcused(step, exchange, suite))) throw new Unclear();
  if (judged.contradiction) throw new Contradiction({ ...judged, step, exchanges });
  if (judged.ruling.verdict !== 'either') observer.passed(step.operation);
  return exchange;
}

/** Looks at all that a sequence has made. What is found to be right, and has changed nothing, is not told. */
async function look(model: StateModel, trial: Trial): Promise<void> {
  for (const step of glances(model)) {
    if (trial.told.has(kindOf(ruled(step)))) continue;
    const { call, judgement } = await take(step, trial);
    if (call.method === 'GET' || judgement.isDenied) trial.exchanges.pop();
  }
}

function tell({ told: { ruling, contradiction, exchanges } }: Contradiction, observer: Observer): void {
  const exchange = exchanges.at(-1);
  if (exchange && contradiction) report(contradiction, ruling, exchange, observer, exchanges.slice(0, -1));
}
