// The main job, from the contract to a created record: lint, generate, build, mock, client.
import { turbo } from './turbo.ts';

const steps = [
  ['lint', 'generate'],
  ['build', '--filter=@koodrive-backup/client', '--filter=@koodrive-backup/mock'],
];
for (const tasks of steps) {
  const exitCode = turbo(['run', ...tasks, '--output-logs=errors-only']);
  if (exitCode !== 0) process.exit(exitCode);
}

// Not a static import: what it imports has only now been built.
const { createRecord } = await import('./create-record.ts');
await createRecord();
