// `pnpm test`: everything that CI checks. Tests whose tools are not installed are skipped, with a warning at the end.
import { command } from '@koodrive-backup/lib/command';
import { machineTools } from '@koodrive-backup/lib/machine-tools';
import { turbo } from '@koodrive-backup/lib/turbo';

const usage = `Usage: pnpm test

Runs everything that CI checks: the contract's lint, types, code style, unused code, and all tests whose tools are
installed on this machine. Does not run a task again if its files have not changed.`;

await command(usage, () => {
  const { env, skipped } = machineTools();
  // People read a CI log because something failed: it should not begin with a thousand lines of what passed.
  const logs = process.env.CI ? 'errors-only' : 'new-only';
  const tasks = ['lint', 'types', '//#biome', '//#knip', 'test'];
  const flags = ['--continue', '--concurrency=100%', `--output-logs=${logs}`, '--log-order=grouped'];
  const exitCode = turbo(['run', ...tasks, ...flags], env);
  for (const what of skipped) console.warn(`\nSKIPPED, not tested on this machine: ${what}.`);
  return exitCode;
});
