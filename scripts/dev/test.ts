// Everything that CI checks. What this machine has no tool for is skipped, loudly.
import { command } from '@koodrive-backup/lib/command';
import { machineTools } from '@koodrive-backup/lib/machine-tools';
import { turbo } from '@koodrive-backup/lib/turbo';

const usage = `Usage: pnpm test

Runs everything that CI checks: the contract's lint, types, code style, unused code, and all tests for which this
machine has the tools. A task whose files have not changed is not run again.`;

await command(usage, () => {
  const { env, skipped } = machineTools();
  // A log that is read because something failed should show that, and not a thousand lines of what passed.
  const logs = process.env.CI ? 'errors-only' : 'new-only';
  const tasks = ['lint', 'types', '//#biome', '//#knip', 'test'];
  const flags = ['--continue', '--concurrency=100%', `--output-logs=${logs}`, '--log-order=grouped'];
  const exitCode = turbo(['run', ...tasks, ...flags], env);
  for (const what of skipped) console.warn(`\nSKIPPED, not tested on this machine: ${what}.`);
  return exitCode;
});
