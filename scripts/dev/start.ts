// The main job, from the contract to a record's life: lint, generate, build, mock, client, server.
import { command } from '@koodrive-backup/lib/command';
import { turbo } from '@koodrive-backup/lib/turbo';

const usage = `Usage: pnpm start

Lints the contract, builds client, mock and server, creates a backup record on the mock, and leads one through its
life on the server.`;

const steps = [
  ['lint', 'generate'],
  ['build', ...['client', 'mock', 'server'].map((name) => `--filter=@koodrive-backup/${name}`)],
];

await command(usage, async () => {
  for (const tasks of steps) {
    const exitCode = turbo(['run', ...tasks, '--output-logs=errors-only']);
    if (exitCode !== 0) return exitCode;
  }
  // Not static imports: what they import has only now been built.
  const { createRecord } = await import('./create-record.ts');
  await createRecord();
  const { showRecordLife } = await import('./record-life.ts');
  await showRecordLife();
  return 0;
});
