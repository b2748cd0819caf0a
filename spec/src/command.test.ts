import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'command-test-'));
const manifest = pathToFileURL(join(folder, 'package.json'));
const needs = (node: string): void => writeFileSync(manifest, JSON.stringify({ version: '1.2.3', engines: { node } }));

const exitCode = process.exitCode;
const stderr = vi.spyOn(console, 'error');
beforeEach(() => void stderr.mockReset().mockImplementation(() => undefined));
afterEach(() => {
  // The command sets the exit code of the tests' own process.
  process.exitCode = exitCode;
});
afterAll(() => {
  stderr.mockRestore();
  rmSync(folder, { recursive: true });
});

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

describe('a command', () => {
  it.each([`>=${major}.${minor}`, `>=${major}`, `>=${major - 1}.${minor + 1}`])(
    'runs if its package needs Node %s',
    async (range) => {
      needs(range);
      const run = vi.fn(async () => undefined);
      await runCommand('tool', manifest, run);
      expect(run).toHaveBeenCalledExactlyOnceWith('1.2.3');
      expect(stderr).not.toHaveBeenCalled();
      expect(process.exitCode).toBe(exitCode);
    },
  );

  it.each([`>=${major}.${minor + 1}`, `>=${major + 1}.0`, `>=${major + 1}.${minor + 1}`])(
    'is refused if its package needs Node %s',
    async (range) => {
      needs(range);
      const run = vi.fn();
      await runCommand('tool', manifest, run);
      expect(run).not.toHaveBeenCalled();
      expect(stderr.mock.calls).toEqual([[`tool: needs Node ${range}, and this is ${process.versions.node}`]]);
      expect(process.exitCode).toBe(2);
    },
  );

  it.each([
    ['an error', new Error('one'), 'tool: one'],
    ['an error of several lines', new Error('one \n\n  two\nthree'), 'tool: one two three'],
    ['a string', 'one', 'tool: one'],
  ])('prints on one line, and exits with 2: %s', async (_, error, line) => {
    needs('>=1');
    await runCommand('tool', manifest, () => Promise.reject(error));
    expect(stderr.mock.calls).toEqual([[line]]);
    expect(process.exitCode).toBe(2);
  });
});
