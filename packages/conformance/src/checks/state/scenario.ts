import type { Operation, Schema } from '@koodrive-backup/spec/contract';
import { type Observer, observing, type StateCheck, type Suite } from '../../check.ts';
import type { Exchange } from '../../http/session.ts';
import { isObject } from '../../judge/oracle.ts';
import { releaseLock } from './locks.ts';
import { createModel, type Data, type Difference, isLive, type Ruling, type StateModel, type Step } from './model.ts';

/** Sends the steps of a check, and lets the model judge each answer. */
export async function runScenario(check: StateCheck, suite: Suite, observer: Observer): Promise<void> {
  const { contract, clock } = suite;
  const model = createModel(contract, clock);
  const subject = contract.operations.find(({ id }) => id === check.subject);
  await observing(observer, subject, async () => {
    try {
      for await (const move of check.steps(model, suite)) {
        if (!(await make([move].flat(), suite, observer))) return;
      }
    } finally {
      await releaseLocks(model, suite);
    }
  });
}

/** Sends steps at the same time. Returns whether the following steps still make sense. */
async function make(steps: readonly Step[], suite: Suite, observer: Observer): Promise<boolean> {
  const isAtOnce = steps.length > 1;
  const exchanges = await Promise.all(steps.map((step) => send(step, suite, isAtOnce)));
  const answered = steps.flatMap((step, i) => (exchanges[i] ? [{ step, exchange: exchanges[i] }] : []));
  // The order of simultaneous requests is unknown, so assume that the provider handled the accepted ones first.
  answered.sort((a, b) => Number(b.exchange.judgement.isTaken) - Number(a.exchange.judgement.isTaken));
  let isBroken = false;
  for (const { step, exchange } of answered) {
    const { ruling, contradiction } = judge(step, exchange);
    if (contradiction && (await isExcused(step, exchange, suite))) {
      observer.notObserved(step.operation, `${step.excuse}`);
      isBroken = true;
      continue;
    }
    // If either verdict was right, only the content of a success was compared.
    const isCompared = step.accept !== undefined && exchange.judgement.isTaken;
    if (contradiction) report(contradiction, ruling, exchange, observer);
    else if (ruling.verdict !== 'either' || step.compare || isCompared) observer.passed(step.operation);
    // A step with `accept` enters the model, which releases its own locks.
    if (ruling.verdict === 'refused' && !step.accept) await suite.fixtures.undo(exchange);
    if (ruling.verdict === 'accepted' && !exchange.judgement.isTaken) isBroken = true;
  }
  return !isBroken;
}

/** Whether another run, of which the model knows nothing, may be the reason why a step was refused. */
export async function isExcused({ as, excuse }: Step, { judgement }: Exchange, { fixtures }: Suite): Promise<boolean> {
  return excuse !== undefined && judgement.isDenied && fixtures.hasCompany(as);
}

/** Sends a step. The lock, record or device that it does not name is the one that all checks share. */
export async function send(
  { operation, as, change, sending }: Step,
  { fixtures, session }: Suite,
  isAtOnce = false,
): Promise<Exchange> {
  return session.send(await fixtures.call(operation, as, change), { as, isAtOnce, ...sending });
}

/** The model's verdict on an answer. */
export interface Judged {
  ruling: Ruling;
  contradiction: Difference | undefined;
}

/** Compares an answer with the model, and updates the model. */
export function judge(step: Step, exchange: Exchange): Judged {
  const ruling = step.rule();
  const { verdict, why } = ruling;
  const { isTaken, isDenied, envelope = {}, got } = exchange.judgement;
  // Update the model even if the answer contradicts it: a lock that was obtained must be released.
  const found = isTaken ? step.accept?.(known(step.operation, envelope)) : undefined;
  if (isDenied && verdict === 'either') step.refuse?.();
  const isWrong = (verdict === 'accepted' && !isTaken) || (verdict === 'refused' && !isDenied);
  const msg = typeof envelope.msg === 'string' ? `: ${envelope.msg.slice(0, 200)}` : '';
  const contradiction = isWrong ? { expected: `${verdict}: ${why}`, got: got + msg } : found;
  return { ruling, contradiction: contradiction ?? step.compare?.(exchange) };
}

/** Removes the members that the contract does not have from a success: they are not judged (errata, E29). */
function known({ responses }: Operation, envelope: Data): Data {
  return pruned(responses['200']?.schema ?? {}, envelope) as Data;
}

function pruned({ items, properties }: Schema, value: unknown): unknown {
  if (items && Array.isArray(value)) return value.map((item) => pruned(items, item));
  if (!properties || !isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const schema = properties[name];
    return schema ? [[name, pruned(schema, member)]] : [];
  });
  return Object.fromEntries(members);
}

/**
 * Reports a contradiction.
 *
 * @param before The exchanges that led to the contradiction, in order.
 */
export function report(
  { expected, got, pointer }: Difference,
  { verdict, why, pointer: decides }: Ruling,
  exchange: Exchange,
  observer: Observer,
  before: readonly Exchange[] = [],
): void {
  const fault = verdict === 'refused' && { fault: why };
  observer.violated(exchange.call.operation, {
    pointer: pointer ?? decides,
    expected,
    got,
    ...fault,
    exchange,
    before,
  });
}

/** Releases the locks that a scenario still holds. The suite's clean-up handles a lock that cannot be released now. */
export async function releaseLocks(model: StateModel, suite: Suite): Promise<void> {
  for (const lock of model.locks.filter((one) => isLive(model, one))) {
    await send(releaseLock(model, lock.owner, lock), suite).catch(() => undefined);
  }
}
