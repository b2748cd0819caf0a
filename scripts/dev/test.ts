// Everything that CI checks. What this machine has no tool for is skipped, loudly.
import { command } from '@koodrive-backup/lib/command';
import { findChromium } from '@koodrive-backup/lib/find-chromium';
import { findExecutable } from '@koodrive-backup/lib/find-executable';
import { turbo } from '@koodrive-backup/lib/turbo';

const usage = `Usage: pnpm test

Runs everything that CI checks: the contract's lint, types, code style, unused code, and all tests for which this
machine has the tools. A task whose files have not changed is not run again.`;

await command(usage, test);

function test(): number {
  const chromium = findChromium();
  const hasCurl = ['bash', 'curl', 'openssl'].every(findExecutable);
  const skipped: string[] = [];
  if (!chromium) skipped.push('the docs and the client in a browser: install Chromium, or name one in CHROMIUM_PATH');
  if (!hasCurl) skipped.push('the curl samples, and the curl lines of reports: install bash, curl and openssl');
  if (process.platform !== 'linux' || process.arch !== 'x64')
    skipped.push('the client on other runtimes and compilers: they are fetched for Linux on x64 only');

  // A log that is read because something failed should show that, and not a thousand lines of what passed.
  const logs = process.env.CI ? 'errors-only' : 'new-only';
  const tasks = ['lint', 'types', '//#biome', '//#knip', 'test'];
  // The tools are in the environment, and so in the cache key: another browser is another run.
  const exitCode = turbo(
    ['run', ...tasks, '--continue', '--concurrency=100%', `--output-logs=${logs}`, '--log-order=grouped'],
    { CHROMIUM_PATH: chromium?.path, CHROMIUM_VERSION: chromium?.version, HAS_CURL: hasCurl ? 'yes' : undefined },
  );

  for (const what of skipped) console.warn(`\nSKIPPED, not tested on this machine: ${what}.`);
  return exitCode;
}
