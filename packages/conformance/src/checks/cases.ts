import { type Operation, operationsAt } from '@koodrive-backup/spec/contract';
import fc, { type Arbitrary } from 'fast-check';
import { type Case, type CaseCheck, type Observer, observing, type Suite } from '../check.ts';
import { inParallel } from '../http/in-parallel.ts';
import type { Exchange, Identity } from '../http/session.ts';
import { type Call, pathOf, violationsOf } from '../requests/call.ts';
import { twinName } from '../requests/faults.ts';
import { makers, usedUpBy } from '../requests/kinds.ts';
import type { Task, Turn } from '../schedule.ts';
import { lockHeld } from './state/locks.ts';

/** Returns a task for each operation that sends the cases of a check and judges them. */
export function caseTasks(check: CaseCheck, suite: Suite, observer: Observer): Task[] {
  const operations = suite.contract.operations.filter((operation) => check.concerns?.(operation) !== false);
  return operations.map((operation) => {
    const turn = check.turnOf?.(operation) ?? turnOf(operation);
    const sending = { operation, suite, observer, isInOrder: turn !== 'any' };
    return { turn, work: () => observing(observer, operation, () => sendCases(check, sending)) };
  });
}

/** Returns when requests to an operation may be sent. */
export function turnOf(operation: Operation): Turn {
  const isLocking = operation.id === makers.lock || usedUpBy(operation)?.madeBy.operation === makers.lock;
  return isLocking ? 'locks' : 'any';
}

/** What sending one case needs. */
interface Sending {
  operation: Operation;
  suite: Suite;
  observer: Observer;
  /** Whether an accepted request blocks the next one, as a lock does. */
  isInOrder: boolean;
}

async function sendCases(check: CaseCheck, sending: Sending): Promise<void> {
  const { operation, suite, observer, isInOrder } = sending;
  const base = await suite.fixtures.call(operation);
  const all = await check.cases(base, suite);
  if (typeof all === 'string') return observer.notObserved(operation, all);
  // At level behaviour, the contract alone cannot show why a request must be refused.
  const isSound = (one: Case): boolean =>
    check.level === 'behaviour' || one.expect !== 'refused' || isFault(one, suite);
  const cases = all.filter(isSound);
  await inParallel(cases, async (one) => {
    if (one.expect !== 'accepted') await sendUnaccepted(one, sending);
  });
  const accepted = [...twinsOf(cases, base), ...cases].filter(({ expect }) => expect === 'accepted');
  await inParallel(
    accepted,
    (one) => observing(observer, operation, () => sendAccepted(one, base, sending)),
    isInOrder ? 1 : undefined,
  );
}

/** Whether the contract shows that a request must be refused. A change that leaves the request valid is not a fault. */
function isFault({ call, authorizations, isDocumented = true }: Case, { whole }: Suite): boolean {
  const made = asCall(call);
  if (isDocumented) return violationsOf(made, authorizations).length > 0;
  const here = operationsAt(whole.operations, pathOf(made).split('/').map(decodeURIComponent));
  return !here.some(({ method }) => method === made.method);
}

/** Returns the twins of the refused cases, each once. */
function twinsOf(cases: readonly Case[], base: Call): Case[] {
  const twins: Case[] = [];
  for (const { expect, twin: call = base, as } of cases) {
    if (expect !== 'refused' || twins.some((other) => other.call === call && other.as === as)) continue;
    twins.push({ name: twinName, call, expect: 'accepted', ...(as && { as }) });
  }
  return twins;
}

async function sendUnaccepted(one: Case, { operation, suite, observer }: Sending): Promise<void> {
  const { name, expect, pointer = operation.pointer, call, ...options } = one;
  const exchange = await suite.session.send(asCall(call), options);
  const { isDenied, isTaken, got } = exchange.judgement;
  await (expect === 'refused' ? suite.fixtures.undo(exchange) : suite.fixtures.settle(exchange));
  const isOpen = expect === 'either' && (isTaken || exchange.failure?.isTooLarge);
  if (isDenied || isOpen) return observer.passed(operation);
  if (one.holds?.() === false) return observer.notObserved(operation, `${name}: the answer came too late`);
  const expected = expect === 'either' ? `accepted or refused: ${name}` : `refused: ${name}`;
  observer.violated(operation, { pointer, expected, got, fault: name, exchange });
}

async function sendAccepted(one: Case, base: Call, sending: Sending): Promise<void> {
  const { call, name, as } = one;
  if (isMadeUp(call)) return sendMadeUp(one, call, sending);
  const { operation, suite, observer } = sending;
  const violations = violationsOf(call);
  if (violations.length > 0) return blameContract(violations, name, operation, observer);
  // All checks share this twin. Once the provider has accepted it, it need not be sent again.
  const twin = name === twinName && call === base ? twinKey(operation, as ?? suite.main) : undefined;
  if (twin !== undefined && suite.provenTwins.has(twin)) return observer.passed(operation);
  const exchange = await sendFresh(one, call, suite);
  if (one.holds?.() === false) return observer.notObserved(operation, `${name}: the answer came too late`);
  if (await isHeldByOthers(exchange, suite)) return observer.notObserved(operation, lockHeld);
  if (twin !== undefined && exchange.judgement.isTaken) suite.provenTwins.add(twin);
  seeAccepted(exchange, one, sending);
}

/** Whether the provider refused a lock that another run may hold. */
async function isHeldByOthers({ call, identity, judgement }: Exchange, { fixtures }: Suite): Promise<boolean> {
  return call.operation.id === makers.lock && judgement.isDenied && fixtures.hasCompany(identity);
}

/** The same text for all requests to an operation that carry the same credential. */
const twinKey = ({ id }: Operation, { userId, token, app }: Identity): string =>
  [id, userId, token === undefined && app ? 'app' : 'token'].join(' ');

/** Sends generated calls. A refused call is shrunk to the smallest that is still refused, and reported once. */
async function sendMadeUp(one: Case, calls: Arbitrary<Call>, sending: Sending): Promise<void> {
  const { suite, observer, operation } = sending;
  let refused: Exchange | undefined;
  const property = fc.asyncProperty(calls, async (call) => {
    const violations = violationsOf(call);
    // The values are generated from the schema, so a violation is the suite's mistake.
    if (violations.length > 0) throw new Error(`the suite generated an invalid request: ${violations.join('; ')}`);
    const exchange = await sendFresh(one, call, suite);
    if (await isHeldByOthers(exchange, suite)) {
      observer.notObserved(operation, lockHeld);
      return true;
    }
    if (!exchange.judgement.isTaken) refused = exchange;
    else observer.passed(operation);
    return exchange.judgement.isTaken;
  });
  const { failed, errorInstance } = await fc.check(property, { seed: suite.seed, numRuns: suite.runs });
  if (!failed) return;
  if (!refused) throw errorInstance;
  seeAccepted(refused, one, sending);
}

/** Sends a call that must be accepted, with its own lock or record to use up. Undoes what would block the next call. */
async function sendFresh({ as }: Case, call: Call, { fixtures, session }: Suite): Promise<Exchange> {
  const exchange = await session.send(await fixtures.renewed(call), { ...(as && { as }) });
  await fixtures.settle(exchange);
  return exchange;
}

/** Reports whether the provider accepted a call. The checks of answers judge the form of the answer. */
function seeAccepted(exchange: Exchange, { name, pointer }: Case, { operation, observer }: Sending): void {
  const { isTaken, envelope, got } = exchange.judgement;
  if (isTaken) {
    observer.passed(operation);
    return;
  }
  const msg = envelope?.msg;
  observer.violated(operation, {
    pointer: pointer ?? operation.pointer,
    expected: `accepted: ${name}`,
    got: typeof msg === 'string' ? `${got}: ${msg.slice(0, 200)}` : got,
    exchange,
  });
}

/** Reports that the contract contradicts itself: a call built from its examples is invalid by its schemas. */
function blameContract(violations: readonly string[], what: string, operation: Operation, observer: Observer): void {
  const { pointer } = operation.body ?? operation;
  const expected = `a request that is built from the contract and valid by it: ${what}`;
  observer.violated(operation, { pointer, expected, got: violations.join('; '), atFault: 'contract' });
}

const isMadeUp = (call: Case['call']): call is Arbitrary<Call> => 'generate' in call;

function asCall(call: Case['call']): Call {
  if (isMadeUp(call)) throw new Error('only calls that must be accepted can be generated');
  return call;
}
