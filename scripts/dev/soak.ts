// `pnpm soak`: the long form of the tests, package by package.
import { command } from '@koodrive-backup/lib/command';
import { machineTools } from '@koodrive-backup/lib/machine-tools';
import { turbo } from '@koodrive-backup/lib/turbo';

const usage = `Usage: pnpm soak [PACKAGE…]

Runs the long form of the tests of each PACKAGE, one package after the other. Default: all packages.
  server       25 kills under load on each engine; a crowd of clients; a disk that is full or hangs; a database that is
               gone; connections that are cut; 10,000 idle connections; slow clients; nginx in front; 100,000 generated
               requests on each engine
  conformance  every faulty provider, and 20 seeds on the reference server, which has no fault
  docs         all samples and pages in all their forms
  e2e          the packed client on all runtimes and compilers
  compare      the clients that other tools generate, and the tools that read the contract

Exit status: 0 all tests passed; 1 a test failed; 2 the tests could not run.`;

await command(
  usage,
  ({ positionals }) => {
    const { env, skipped } = machineTools();
    const filters = positionals.map((name) => `--filter=@koodrive-backup/${name}`);
    const exitCode = turbo(['run', 'soak', ...filters, '--concurrency=1', '--continue'], env);
    for (const what of skipped) console.warn(`\nSKIPPED, not tested on this machine: ${what}.`);
    return exitCode;
  },
  { allowPositionals: true },
);
