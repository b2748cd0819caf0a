// `pnpm start`: the whole pipeline once, from the contract to a record on the server.
import { command } from '@koodrive-backup/lib/command';
import { turboQuietly } from '@koodrive-backup/lib/turbo';

const usage = `Usage: pnpm start

Lints the contract, builds the client, the mock and the server, creates a backup record on the mock, and creates,
lists, completes and deletes one on the server.`;

const nextSteps = `
Next, type:
  npx -y pnpm@12 docs:serve   to read the docs at http://127.0.0.1:8080/
  npx -y pnpm@12 mock         to try your code with the mock at http://127.0.0.1:4010
  npx -y pnpm@12 exec node packages/server/dist/cli.js
                              to try your code with the server at http://127.0.0.1:4020
  npx -y pnpm@12 test         to run all tests
The client is in packages/client. Its README.md shows how to use it.`;

const builds: [what: string, args: string[]][] = [
  ['Lint the contract, and generate types from it', ['lint', 'generate', ...only('spec', 'generate')]],
  ['Build the client, the mock and the server', ['build', ...only('client', 'mock', 'server')]],
];

await command(usage, async () => {
  for (const [what, args] of builds) {
    const { exitCode, log } = await step(what, async () => turboQuietly(['run', ...args]));
    if (exitCode !== 0) {
      console.error(log);
      return exitCode;
    }
  }
  // Dynamic imports, because the packages that these modules import did not exist before the build.
  await step('Create a record on the mock', async () => (await import('./create-record.ts')).createRecord());
  await step('Create, list, complete and delete a record on the server', async () =>
    (await import('./record-life.ts')).leadRecordThroughLife(),
  );
  console.log(nextSteps);
  return 0;
});

function only(...packages: string[]): string[] {
  return packages.map((name) => `--filter=@koodrive-backup/${name}`);
}

/** Prints the name of a step, runs it, then prints the text that it returns, and its seconds if it took over two. */
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
