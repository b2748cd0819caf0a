// The main job, from the contract to a record's life: lint, generate, build, mock, client, server.
import { command } from '@koodrive-backup/lib/command';
import { turboQuietly } from '@koodrive-backup/lib/turbo';

const usage = `Usage: pnpm start

Lints the contract, builds client, mock and server, creates a backup record on the mock, and leads one through its
life on the server.`;

const nextSteps = `
Next, type:
  npx -y pnpm@12 docs:serve   to read the docs: http://127.0.0.1:8080/
  npx -y pnpm@12 mock         to try your code on the mock: http://127.0.0.1:4010
  npx -y pnpm@12 exec node packages/server/dist/cli.js
                              to try it on the server: http://127.0.0.1:4020
  npx -y pnpm@12 test         to run all tests
The client is in packages/client. Its README.md shows how to use it.`;

const builds: [what: string, args: string[]][] = [
  ['Lint the contract, and generate what is derived from it', ['lint', 'generate', ...only('spec', 'generate')]],
  ['Build client, mock and server', ['build', ...only('client', 'mock', 'server')]],
];

await command(usage, async () => {
  for (const [what, args] of builds) {
    const { exitCode, log } = await step(what, async () => turboQuietly(['run', ...args]));
    if (exitCode !== 0) {
      console.error(log);
      return exitCode;
    }
  }
  // Not static imports: what they import has only now been built.
  await step('Create a record on the mock', async () => (await import('./create-record.ts')).createRecord());
  await step('Lead a record through its life on the server', async () =>
    (await import('./record-life.ts')).leadRecordThroughLife(),
  );
  console.log(nextSteps);
  return 0;
});

function only(...packages: string[]): string[] {
  return packages.map((name) => `--filter=@koodrive-backup/${name}`);
}

/** Prints what it does before it does it, then what came of it, and the seconds if it took more than two. */
async function step<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
  process.stdout.write(`${what} …`);
  const begin = performance.now();
  let outcome = '';
  try {
    const result = await run();
    if (typeof result === 'string') outcome = ` ${result}`;
    return result;
  } finally {
    const seconds = (performance.now() - begin) / 1000;
    console.log(seconds > 2 ? `${outcome} (${Math.round(seconds)} s)` : outcome);
  }
}
