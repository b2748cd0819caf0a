import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

// The other root scripts run the command line of a tool, and `mock` has its own tests.
const commands = Object.entries(manifest.scripts).flatMap(([name, script]) => {
  const [, file = ''] = /^node (scripts\/.*\.ts)$/.exec(script) ?? [];
  return file && name !== 'mock' ? [{ name, file }] : [];
});

it('finds the root commands', () => expect(commands.length).toBeGreaterThan(6));

it.concurrent.each(commands)('$name prints its usage for --help, and does nothing else', async ({ name, file }) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, '--help'], { cwd: rootDir });
  expect(stdout).toMatch(new RegExp(`^Usage: pnpm ${name}\\b`));
  expect(stderr).toBe('');
});
