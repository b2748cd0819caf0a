import { type Check, type Need, needs, type Observer, type Suite } from './check.ts';
import { caseTasks, turnOf } from './checks/cases.ts';
import { runScenario } from './checks/state/scenario.ts';
import type { Missing } from './findings/report.ts';
import { withBody } from './requests/call.ts';
import { unlessMissing } from './requests/fixtures.ts';
import type { Task } from './schedule.ts';

/** Returns the first thing that a check needs and the suite does not have. */
function missingFor(check: Check, { main, other, expiredToken, wait }: Suite): Need | undefined {
  const given = { token: main.token, app: main.app, other, expiredToken, time: wait };
  return check.needs?.find((need) => given[need] === undefined);
}

/** Groups the checks that see nothing by what the user did not give. */
export function missingOf(checks: readonly Check[], suite: Suite): Missing[] {
  const unseen = Map.groupBy(checks, (check) => missingFor(check, suite));
  return [...unseen].flatMap(([need, group]) => {
    if (need === undefined) return [];
    const { what, option } = needs[need];
    return [{ what, option, checks: group.map(({ id }) => id) }];
  });
}

/** Returns the tasks of the chosen checks. Scenarios come first, because each is a long sequence of requests. */
export function tasksOf(suite: Suite, chosen: readonly Check[], observers: ReadonlyMap<Check, Observer>): CheckTask[] {
  const tasks = chosen.flatMap((check): CheckTask[] => {
    const observer = observers.get(check);
    if (!observer) return [];
    const missing = missingFor(check, suite);
    if (missing !== undefined) {
      observer.notObserved(undefined, needs[missing].missing);
      return [];
    }
    const made = checkTasks(check, suite, observer);
    return made.map(({ turn, work }) => ({
      check,
      turn,
      work: () =>
        work().catch((error: unknown) => {
          // An answer may be so far from the contract that the check throws: the other checks continue.
          const reason = error instanceof Error ? error.message : error;
          observer.notObserved(undefined, `the check could not continue: ${reason}`);
        }),
    }));
  });
  return tasks.sort((a, b) => Number('steps' in b.check) - Number('steps' in a.check));
}

interface CheckTask extends Task {
  check: Check;
}

function checkTasks(check: Check, suite: Suite, observer: Observer): Task[] {
  if ('cases' in check) return caseTasks(check, suite, observer);
  if ('steps' in check) return [{ turn: check.turn ?? 'any', work: () => runScenario(check, suite, observer) }];
  if ('run' in check) return [{ turn: 'alone', work: () => check.run(suite, observer) }];
  return [];
}

/** Sends one accepted and several refused requests to each operation, so that the checks of answers see both kinds. */
export function showTasks({ contract, fixtures, session }: Suite): Task[] {
  return contract.operations.map((operation) => ({
    turn: turnOf(operation),
    work: () =>
      unlessMissing(async () => {
        const call = await fixtures.renewed(await fixtures.call(operation));
        await session.send(call, { authorizations: [] });
        await session.send({ ...call, headers: call.headers.filter(([name]) => name !== 'X-Date') });
        await session.send({ ...call, method: 'PUT' }, { isDocumented: false });
        if (call.body) await session.send(withBody(call, Buffer.from('{')));
        await fixtures.settle(await session.send(call));
      }),
  }));
}
