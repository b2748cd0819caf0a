import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import { command } from './command.ts';

const usage = 'Usage: pnpm sample NAME [--json]';
let log: MockInstance<typeof console.log>;
let error: MockInstance<typeof console.error>;
beforeEach(() => {
  log = vi.spyOn(console, 'log').mockReturnValue();
  error = vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

const options = { json: { type: 'boolean' } } as const;

it('passes the arguments to the function, and sets the exit code that it returns', async () => {
  const run = vi.fn(() => 1);
  await command(usage, run, { args: ['a', '--json'], allowPositionals: true, options });
  expect(run).toHaveBeenCalledWith(expect.objectContaining({ positionals: ['a'], values: { json: true } }));
  expect(process.exitCode).toBe(1);
  expect(error).not.toHaveBeenCalled();
});

it.each(['--help', '-h'])('prints the usage for %s, and does not run', async (flag) => {
  const run = vi.fn(() => 1);
  await command(usage, run, { args: [flag] });
  expect(log.mock.calls).toEqual([[usage]]);
  expect(run).not.toHaveBeenCalled();
  expect(process.exitCode).toBeUndefined();
});

it.each([['what'], ['--unknown'], ['--json=1']])('refuses %j with one line and exit code 2', async (argument) => {
  const run = vi.fn(() => 0);
  await command(usage, run, { args: [argument], options });
  expect(run).not.toHaveBeenCalled();
  expect(error.mock.calls).toEqual([[expect.stringMatching(/^sample: [^\n]+$/)]]);
  expect(process.exitCode).toBe(2);
});

it('prints an error as one line, and sets exit code 2', async () => {
  await command(usage, () => Promise.reject(new Error('there is no disk')), { args: [] });
  expect(error.mock.calls).toEqual([['sample: there is no disk']]);
  expect(process.exitCode).toBe(2);
});
