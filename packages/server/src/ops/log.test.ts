import type { Answered } from '@koodrive-backup/spec/front';
import { expect, it } from 'vitest';
import { createLog, type Log } from './log.ts';
import type { LogLevel } from './log-levels.ts';

const answer: Answered = {
  requestId: 'r-1',
  operation: 'listBoundDevice',
  method: 'GET',
  status: 200,
  durationMs: 1.23456,
  caller: 'alice',
  address: '192.0.2.1',
  receivedBytes: 0,
  sentBytes: 25,
};
const stranger: Answered = { ...answer, status: 401, caller: undefined, reason: 'no valid credential' };

interface TestLog extends Log {
  lines: string[];
  read(): Record<string, unknown>[];
  time: number;
  leftOut: number;
}

function testLog({ level = 'info', anonymousLines = 3 }: { level?: LogLevel; anonymousLines?: number } = {}): TestLog {
  const lines: string[] = [];
  const log = createLog({
    output: { write: (line) => void lines.push(line) },
    level,
    anonymousLines,
    now: () => test.time,
    onLeftOut: () => {
      test.leftOut += 1;
    },
  });
  const test = { ...log, lines, read: () => lines.map((line) => JSON.parse(line)), time: 1e12, leftOut: 0 };
  return test;
}

it('writes a line for an answer', () => {
  const log = testLog();
  log.answered(answer);
  const { caller: user, ...fields } = answer;
  expect(log.read()).toEqual([{ level: 30, time: expect.any(Number), ...fields, user, durationMs: 1.235 }]);
  expect(log.lines).toEqual([expect.stringMatching(/^\{[^\n]*\}\n$/)]);
});

it('logs why a request was refused', () => {
  const log = testLog();
  log.answered({ ...answer, status: 409, reason: 'the lock is not live' });
  expect(log.read()).toMatchObject([{ level: 40, status: 409, reason: 'the lock is not live' }]);
});

it('logs the error of an answer, and for 500 also its stack', () => {
  const log = testLog();
  const error = new Error('no such table', { cause: new Error('the cause') });
  log.answered({ ...answer, status: 500, reason: 'The server failed. Its log says why.', error });
  log.answered({ ...answer, status: 503, reason: 'busy', error });
  log.answered({ ...answer, status: 500, error: 'a string' });
  const [failed, busy, string] = log.read();
  expect(failed).toMatchObject({ level: 50, status: 500, reason: 'no such table' });
  expect(failed?.stack).toContain('log.test.ts');
  expect(failed?.stack).toContain('caused by Error: the cause');
  expect(busy).toMatchObject({ level: 50, status: 503, reason: 'no such table' });
  expect(busy).not.toHaveProperty('stack');
  expect(string).toMatchObject({ reason: 'a string' });
});

it('logs that the server is not ready, and why, and that it is ready again', () => {
  const log = testLog({ level: 'error' });
  log.readinessChanged(new Error('disk full'));
  log.readinessChanged(undefined);
  expect(log.read()).toMatchObject([
    { level: 50, ready: false, reason: 'disk full', stack: expect.stringContaining('log.test.ts') },
    { level: 50, ready: true },
  ]);
});

it.each([
  ['info', [200, 302, 400, 499, 500, 503]],
  ['warn', [400, 499, 500, 503]],
  ['error', [500, 503]],
  ['silent', []],
] as const)('at the level %s writes %j', (level, expected) => {
  const log = testLog({ level });
  for (const status of [200, 302, 400, 499, 500, 503]) log.answered({ ...answer, status });
  expect(log.read().map(({ status }) => status)).toEqual(expected);
});

it('leaves out most answers without a valid credential, and logs how many', () => {
  const log = testLog();
  for (let i = 0; i < 10; i++) log.answered(stranger);
  // Answers with a valid credential still get their lines.
  for (let i = 0; i < 10; i++) log.answered(answer);
  expect(log.read().filter(({ user }) => user === undefined)).toHaveLength(3);
  expect(log.read()).toHaveLength(13);
  expect(log.leftOut).toBe(7);
  log.reportLeftOut();
  log.reportLeftOut();
  expect(log.read().slice(13)).toMatchObject([{ level: 40, leftOut: 7, msg: expect.any(String) }]);
});

it('starts counting again every ten seconds, and when the clock was set back', () => {
  const log = testLog();
  const statuses = () => log.read().map(({ status, leftOut }) => status ?? `left out ${leftOut}`);
  for (let i = 0; i < 4; i++) log.answered(stranger);
  log.time += 9999;
  log.answered(stranger);
  expect(statuses()).toEqual([401, 401, 401]);
  log.time += 1;
  for (let i = 0; i < 5; i++) log.answered(stranger);
  expect(statuses()).toEqual([401, 401, 401, 'left out 2', 401, 401, 401]);
  log.time -= 20_000;
  log.answered(stranger);
  expect(statuses().slice(7)).toEqual(['left out 2', 401]);
});

it('does not count lines that its level leaves out', () => {
  const log = testLog({ level: 'error' });
  for (let i = 0; i < 10; i++) log.answered(stranger);
  log.answered({ ...stranger, status: 503, error: new Error('busy') });
  log.reportLeftOut();
  expect(log.leftOut).toBe(0);
  expect(log.read()).toMatchObject([{ status: 503 }]);
});

it('writes lines of a bounded length, whatever a client sends', () => {
  const log = testLog();
  const long = '\u0001 '.repeat(100_000);
  const longError = Object.assign(new Error(long, { cause: new Error(long) }), { detail: long });
  const filled = { requestId: long, operation: long, method: long, caller: long, address: long, reason: long };
  log.answered({ ...answer, ...filled, status: 400 });
  log.answered({ ...answer, ...filled, status: 500, error: longError });
  log.readinessChanged(longError);
  for (const line of log.lines) expect(line.length).toBeLessThan(40_000);
  expect(log.lines).toHaveLength(3);
});

it('removes every possible credential from a reason, in any encoding', () => {
  const log = testLog();
  const token = '0123456789abcdef0123456789abcdef0123456789abcdef';
  const encodings = [
    token,
    Buffer.from(token).toString('base64'),
    Buffer.from(token).toString('base64url'),
    Buffer.from(token).toString('hex'),
    [...token].map((character) => `%${character.charCodeAt(0).toString(16)}`).join(''),
  ];
  for (const text of encodings) {
    const reason = `path /none/${text}/more is not in the contract`;
    log.answered({ ...answer, status: 404, reason });
    log.answered({ ...answer, status: 500, error: new Error(reason) });
    log.readinessChanged(new Error(reason));
  }
  // Not even the first half of a credential remains where the reason is cut.
  log.answered({ ...answer, status: 400, reason: `${'a '.repeat(240)}/none/${token}/more` });
  expect(log.lines.pop()).not.toContain(token.slice(0, 5));
  for (const line of log.lines) {
    expect(line).toContain('/none/[left out]/more');
    for (const text of encodings) expect(line).not.toContain(text);
  }
  expect(log.lines).toHaveLength(15);
});
