import { type Operation, operationsAt } from '@koodrive-backup/spec/contract';
import { type Observer, observing, type RequestCheck, type Suite } from '../check.ts';
import { type Exchange, inParallel } from '../http/session.ts';
import { pathOf, violationsOf } from '../requests/call.ts';
import { type Fault, type FaultKind, faultsOf } from '../requests/faults.ts';

const titles: Record<FaultKind, string> = {
  'no-credential-refused': 'A request without a credential is refused.',
  'missing-refused': 'A request without a mandatory header, parameter, field or body is refused.',
  'empty-refused': 'A request with an empty mandatory value is refused.',
  'wrong-type-refused': 'A value of another type is refused.',
  'bounds-refused': 'A value beyond a bound is refused, one on the bound is accepted.',
  'pattern-refused': 'A value that does not match its pattern is refused.',
  'enum-refused': 'A value outside its enum is refused.',
  'json-string-refused': 'A string that has to hold JSON, and does not, is refused.',
  'repeated-refused': 'A header or parameter that is sent twice is refused.',
  'malformed-body-refused': 'A body that is not JSON in UTF-8 is refused.',
  'body-shape-refused': 'A body that is JSON and no object is refused.',
  'content-type-refused': 'A body that is said to be something other than JSON in UTF-8 is refused.',
  'undocumented-method-refused': 'A method that the contract does not have is refused.',
  'undocumented-path-refused': 'A path that the contract does not have is refused.',
};

/** Each sends requests with exactly one fault, and then their twins with the fault mended, which are accepted. */
export const refusedChecks: RequestCheck[] = (Object.keys(titles) as FaultKind[]).map((kind) => ({
  id: kind,
  title: titles[kind],
  level: 'contract',
  async run(suite, observer) {
    for (const operation of suite.contract.operations) {
      await observing(observer, operation, () => sendFaults(kind, operation, suite, observer));
    }
  },
}));

async function sendFaults(kind: FaultKind, operation: Operation, suite: Suite, observer: Observer): Promise<void> {
  const { fixtures, session } = suite;
  const base = await fixtures.call(operation);
  const faults = faultsOf(base).filter((fault) => fault.kind === kind && isFault(fault, suite));
  if (faults.length === 0) return;
  await inParallel(faults, async (fault) => {
    const { call, authorizations, isDocumented = true } = fault;
    const sending = { isDocumented, ...(authorizations && { authorizations }) };
    expectRefused(await session.send(call, sending), operation, fault, observer);
  });
  const mended = faults.flatMap((fault) => fault.mended ?? []);
  if (mended.length < faults.length) mended.unshift(base);
  for (const call of mended) {
    const fresh = call === base ? await fixtures.fresh(operation) : call;
    const exchange = await session.send(fresh);
    expectAccepted(exchange, operation, observer, 'the same request, with its fault mended');
    await fixtures.settle(exchange);
  }
}

/** Holds a request against the contract before it is sent: one that is valid after all is no fault. */
function isFault({ call, authorizations, isDocumented = true }: Fault, { contract }: Suite): boolean {
  if (!isDocumented) {
    const here = operationsAt(contract.operations, pathOf(call).split('/').map(decodeURIComponent));
    return !here.some(({ method }) => method === call.method);
  }
  return violationsOf(call, authorizations).length > 0;
}

/** Sees to it that a request was refused. An answer that refuses in the wrong shape is found by the checks of answers. */
export function expectRefused(
  exchange: Exchange,
  operation: Operation,
  { name, pointer }: { name: string; pointer: string },
  observer: Observer,
): void {
  const { judgement } = exchange;
  if (judgement.isDenied) {
    observer.passed(operation);
    return;
  }
  observer.violated(operation, {
    pointer,
    expected: `refused, for ${name}`,
    got: judgement.got,
    fault: name,
    exchange,
  });
}

/** Sees to it that a request was accepted. What its answer looks like is for the checks of answers. */
export function expectAccepted(exchange: Exchange, operation: Operation, observer: Observer, what: string): boolean {
  const { judgement } = exchange;
  if (judgement.isTaken) {
    observer.passed(operation);
    return true;
  }
  const msg = judgement.envelope?.msg;
  observer.violated(operation, {
    pointer: operation.pointer,
    expected: `accepted: ${what}`,
    got: typeof msg === 'string' ? `${judgement.got}: ${msg.slice(0, 200)}` : judgement.got,
    exchange,
  });
  return false;
}
