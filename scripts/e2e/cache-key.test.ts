import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cloneRepository } from '@koodrive-backup/lib/pack';
import { afterAll, beforeAll, expect, it } from 'vitest';

// If a test depends on a file, a change of the file must change the cache key of the test's task. Otherwise Turbo
// replays an old pass.

let folder: string;
let clone: string;
let unchanged: Map<string, string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cache-key-test-'));
  clone = cloneRepository(folder);
  // A Git repository, because otherwise Turbo would use one in a folder above.
  execFileSync('git', ['init', '--quiet'], { cwd: clone });
  execFileSync('git', ['add', '--all'], { cwd: clone });
  unchanged = keys();
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Plan {
  tasks: { taskId: string; hash: string; command: string }[];
}

/** Returns the cache key of each task that `pnpm test` would run. */
function keys(): Map<string, string> {
  const turbo = join(fileURLToPath(import.meta.resolve('turbo/package.json')), '..', 'bin', 'turbo');
  const plan = execFileSync(
    process.execPath,
    [turbo, 'run', 'lint', 'types', '//#biome', '//#knip', 'test', '--dry=json'],
    {
      cwd: clone,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    },
  );
  const { tasks } = JSON.parse(plan) as Plan;
  return new Map(tasks.filter(({ command }) => command !== '<NONEXISTENT>').map(({ taskId, hash }) => [taskId, hash]));
}

/** Returns the tasks that run again after a file has changed. */
function affected(file: string): string[] {
  const path = join(clone, file);
  const before = readFileSync(path);
  try {
    appendFileSync(path, '\n');
    return [...keys()]
      .filter(([task, key]) => unchanged.get(task) !== key)
      .map(([task]) => task.replace('@koodrive-backup/', ''))
      .filter((task) => !task.endsWith('#build'));
  } finally {
    writeFileSync(path, before);
  }
}

const everything = [
  ...['types', 'biome', 'knip'].map((name) => `//#${name}`),
  ...['client', 'compare', 'conformance', 'docs', 'e2e', 'generate', 'mock', 'release', 'server', 'spec'].map(
    (name) => `${name}#test`,
  ),
];

it.each([
  ['the errata, which the mock and the docs read', 'spec/errata.md', ['mock#test', 'docs#test', 'spec#test']],
  [
    'the vectors of the app signature',
    'spec/app-signature-vectors.json',
    ['client#test', 'server#test', 'conformance#test', 'docs#test'],
  ],
  [
    'an operation',
    'spec/paths/bindDevice.yaml',
    ['spec#lint', 'spec#test', 'generate#test', 'client#test', 'server#test'],
  ],
  ['the lint rules of the contract', 'spec/redocly.yaml', ['spec#lint', 'spec#test']],
  [
    'a source of the client',
    'packages/client/src/send.ts',
    ['client#test', 'docs#test', 'e2e#test', 'compare#test', 'release#test'],
  ],
  ['a faulty provider', 'packages/conformance/test/faulty-providers.ts', ['conformance#test', 'compare#test']],
  ['a file that several tests share', 'scripts/testkit/x-date.ts', ['server#test', 'e2e#test']],
  [
    'a README with samples and tables',
    'packages/client/README.md',
    ['client#test', 'generate#test', 'e2e#test', 'compare#test', 'release#test'],
  ],
  ['a README with a table of tools', 'spec/README.md', ['compare#test']],
  ['the README of the root', 'README.md', ['dev#test', 'e2e#test']],
  ['the picture in the README of the root', '.github/pipeline.svg', ['e2e#test']],
  ['the guide', 'packages/docs/pages/contract-tests-in-ten-minutes.md', ['docs#test', 'e2e#test']],
  ['the action', 'packages/conformance/action.yml', ['conformance#test', 'e2e#test']],
  ['a workflow', '.github/workflows/test.yml', ['e2e#test']],
  ['the script that CI runs', '.ci/run', ['e2e#test']],
  ['a changeset', '.changeset/config.json', ['release#test']],
  ['a README with a table of options', 'packages/server/README.md', ['generate#test', 'e2e#test']],
  ['an option of the server', 'packages/server/src/command-options.ts', ['generate#test', 'server#test']],
  ['a generated file', 'packages/client/src/schema.gen.ts', ['generate#test', 'client#test']],
  ['the manifest of the root', 'package.json', everything],
  ['the catalog', 'pnpm-workspace.yaml', everything],
  ['the list of files that git ignores', '.gitignore', everything],
  ['the configuration of Vitest', 'vitest.config.ts', everything],
  ['the configuration of TypeScript', 'tsconfig.json', everything],
])('runs the tasks again that depend on %s', (_what, file, tasks) => {
  expect(affected(file)).toEqual(expect.arrayContaining(tasks));
});

it('does not run the tests of a package again after a change of the README of another package', () => {
  expect(affected('packages/server/README.md')).not.toContain('client#test');
});
