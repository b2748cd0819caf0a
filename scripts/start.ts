// The main job, from the contract to a created record: lint, generate, build, mock, client.
import { command } from './command.ts';
import { turbo } from './turbo.ts';

const usage = `Usage: pnpm start

Lints the contract, builds the client and the mock, and creates a backup record.`;

const steps = [
  ['lint', 'generate'],
  ['build', '--filter=@koodrive-backup/client', '--filter=@koodrive-backup/mock'],
];

await command(usage, async () => {
  for (const tasks of steps) {
    const exitCode = turbo(['run', ...tasks, '--output-logs=errors-only']);
    if (exitCode !== 0) return exitCode;
  }
  // Not a static import: what it imports has only now been built.
  const { createRecord } = await import('./create-record.ts');
  await createRecord();
  return 0;
});
