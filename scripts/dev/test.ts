// Everything that CI checks. What this machine has no tool for is skipped, loudly.
import { spawnSync } from 'node:child_process';
import { command } from '@koodrive-backup/lib/command';
import { findChromium } from '@koodrive-backup/lib/find-chromium';
import { turbo } from '@koodrive-backup/lib/turbo';

const usage = `Usage: pnpm test

Runs everything that CI checks: lint, types, code style, and all tests for which this machine has the tools.`;

await command(usage, test);

function test(): number {
  const tasks = ['lint', 'types', '//#biome', '//#knip', 'test', 'test:packages', 'test:readme'];
  const skipped: string[] = [];
  const chromium = findChromium();
  const hasCurl = ['bash', 'curl', 'openssl'].every((tool) => spawnSync(tool, ['version']).error === undefined);

  if (chromium) tasks.push('test:browser');
  else skipped.push('the docs in a browser: install Chromium, or name one in CHROMIUM_PATH');
  if (process.platform === 'linux' && process.arch === 'x64') tasks.push('test:consumers');
  else skipped.push('the client on other runtimes and compilers: they are fetched for Linux on x64 only');
  if (hasCurl) tasks.push('test:curl');
  else skipped.push('the curl samples, and the curl lines of conformance reports: install bash, curl and openssl');

  // A log that is read when something failed shows that, and not a thousand lines of what passed.
  const logs = process.env.CI ? 'errors-only' : 'new-only';
  // What was found is in the environment, and so in the cache key: another browser is another run.
  const exitCode = turbo(
    ['run', ...tasks, '--continue', '--concurrency=100%', `--output-logs=${logs}`, '--log-order=grouped'],
    {
      CHROMIUM_PATH: chromium?.path,
      CHROMIUM_VERSION: chromium?.version,
      HAS_CURL: hasCurl ? 'yes' : undefined,
    },
  );

  for (const what of skipped) console.warn(`\nSKIPPED, not tested on this machine: ${what}.`);
  return exitCode;
}
