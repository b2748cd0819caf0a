import fc from 'fast-check';
import { type Observer, observing, type SequenceCheck, type Suite } from '../check.ts';
import { type Exchange, type Identity, LimitReached } from '../http/session.ts';
import { FixtureMissing } from '../requests/fixtures.ts';
import { safeLockMs } from '../requests/lifetimes.ts';
import { bindDevice } from './state/devices.ts';
import { createModel, type StateModel, type Step } from './state/model.ts';
import { isExcused, type Judged, judge, releaseLocks, report, send } from './state/scenario.ts';
import { glances, movesOf } from './state/sequences.ts';

/** The most steps of a sequence. */
const maxSteps = 50;

/** How many contradictions are reported. Steps of a reported kind are left out, so that they do not hide others. */
const maxTold = 2;

/** A sequence that is being sent. */
interface Trial {
  readonly suite: Suite;
  readonly observer: Observer;
  /** The kinds of steps that were reported, and are not sent again. */
  readonly told: ReadonlySet<string>;
  readonly startedAt: number;
  readonly exchanges: Exchange[];
}

type Command = fc.AsyncCommand<StateModel, Trial>;

/** An answer that does not follow from the answers before it. */
class Contradiction extends Error {
  readonly told: Judged & { step: Step; exchanges: readonly Exchange[] };

  constructor(told: Contradiction['told']) {
    super(`expected ${told.contradiction?.expected}, got ${told.contradiction?.got}`);
    this.told = told;
  }
}

/**
 * The sequence cannot be judged further: an answer neither accepts nor refuses (the checks of answers report it),
 * another run may have interfered, or the time is over.
 */
class Unclear extends Error {}

/**
 * Sends sequences of requests, and compares each answer with a model of the state that the earlier answers created. A
 * sequence that ends in a contradiction is shrunk to the fewest steps that still show it.
 */
export const anyOrder: SequenceCheck = {
  id: 'any-order',
  title: 'Each answer follows from the ones before it, in any order of requests for locks and records.',
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

/** Binds the device to which all records of a user belong. */
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
  // A wrong state would otherwise only be found if a later step happens to touch it.
  const looks = fc.constant<Command>({ check: () => true, run: look, toString: () => '' });
  const commands = fc.oneof({ weight: 10, arbitrary: steps }, { weight: 1, arbitrary: looks });
  return fc.commands([commands], { maxCommands: maxSteps, size: 'max' });
}

type Ruled = Pick<Contradiction['told'], 'step' | 'ruling'>;

const ruled = (step: Step): Ruled => ({ step, ruling: step.rule() });

/** The kind of a step: the operation and the reason for its verdict. */
const kindOf = ({ step: { operation }, ruling: { why } }: Ruled): string => `${operation.id}: ${why}`;

/** Sends a step and compares the answer with the model. */
async function take(step: Step, { suite, observer, startedAt, exchanges }: Trial): Promise<Exchange> {
  if (performance.now() - startedAt > safeLockMs) throw new Unclear();
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

/** Looks at everything that a sequence created. Looks that are right and change nothing do not appear in the report. */
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
