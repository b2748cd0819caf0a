import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { startMock } from '@koodrive-backup/mock';
import { type Sample, samplesOf } from '@koodrive-backup/testkit/readme-samples';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const readmes = globSync('{README.md,spec/README.md,packages/*/README.md}', { cwd: rootDir });
const samples = readmes.flatMap(samplesOf);
const { scripts } = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

const run = async (command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> =>
  (await promisify(execFile)(command, args, { cwd: folder, env: { ...process.env, ...env } })).stdout;

let folder: string;
let mock: Awaited<ReturnType<typeof startMock>>;
beforeAll(async () => {
  // Inside this package, so that a sample's imports resolve as a user's would.
  folder = mkdtempSync(join(import.meta.dirname, '.samples-'));
  mock = await startMock();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await mock.close();
});

describe('the TypeScript samples', () => {
  const isTest = ({ code }: Sample): boolean => code.includes("from 'vitest'");
  const programs = samples.filter((sample) => sample.language === 'ts' && !isTest(sample));

  it('are there', () => expect(programs.length).toBeGreaterThan(4));

  it.concurrent.each(programs)('$file:$line runs', async ({ file, line, code, output }) => {
    const path = join(folder, `${file.replaceAll('/', '-')}-${line}.ts`);
    writeFileSync(path, code);
    const printed = await run(process.execPath, [path], { KOODRIVE_URL: mock.url });
    if (output !== undefined) expect(printed.trim()).toBe(output);
  });

  it('compile', async () => {
    for (const { file, line, code } of samples.filter(({ language }) => language === 'ts')) {
      writeFileSync(join(folder, `${file.replaceAll('/', '-')}-${line}.ts`), code);
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      '{ "extends": "../../../tsconfig.json", "compilerOptions": { "noUnusedLocals": false } }',
    );
    await run('tsc', ['--project', folder]);
  });

  it('pass in Vitest, where they are tests', async () => {
    for (const { file, line, code } of samples.filter((sample) => sample.language === 'ts' && isTest(sample))) {
      writeFileSync(join(folder, `${file.replaceAll('/', '-')}-${line}.test.ts`), code);
    }
    await run('vitest', ['run', '--root', folder, '--testTimeout=300000', '--hookTimeout=300000']);
  });
});

describe.runIf(process.env.HAS_CURL)('the curl samples', () => {
  const calls = samples.filter(({ language, code }) => language === 'sh' && code.startsWith('curl'));

  it.each(calls)('$file:$line is answered', async ({ code }) => {
    const answer = await run('bash', ['-c', code.replaceAll('http://127.0.0.1:4010', mock.url)]);
    expect(JSON.parse(answer)).toMatchObject({ code: 0 });
  });
});

it.runIf(process.env.HAS_CURL)('the CI job starts the mock, and leaves nothing behind', async () => {
  const job = samples.find(({ language, code }) => language === 'yaml' && code.includes('koodrive-mock &'));
  const { jobs } = parse(job?.code ?? '') as { jobs: { test: { steps: { run?: string }[] } } };
  const gone = await startMock();
  await gone.close();
  const { port } = new URL(gone.url);
  const script = `${jobs.test.steps.at(-1)?.run}`
    .replaceAll('http://127.0.0.1:4010', gone.url)
    .replace('koodrive-mock &', `koodrive-mock --port ${port} &`)
    .replace('npm test', `curl --silent ${gone.url}/tested`);
  // As the job runs it: from the root of a package that has the mock.
  const { stdout } = await promisify(execFile)('bash', ['-e', '-c', script], { cwd: import.meta.dirname });
  expect(stdout).toContain('path /tested is not in the contract');
  await expect.poll(() => fetch(gone.url).catch((error) => error)).toBeInstanceOf(TypeError);
});

it('the README of the root lists every command', () => {
  const readme = readFileSync(join(rootDir, 'README.md'), 'utf8');
  const listed = [...readme.matchAll(/^npx -y pnpm@12 ([\w:]+)|^\| (`.*?`) \|/gm)].flatMap(([, started, row = '']) => [
    ...(started ? [started] : []),
    ...[...row.matchAll(/`([\w:]+)[^`]*`/g)].map(([, name = '']) => name),
  ]);
  expect(listed).toEqual(expect.arrayContaining(Object.keys(scripts)));
});

describe('the commands', () => {
  const commands = samples
    .filter(({ language }) => language === 'sh')
    .flatMap(({ file, code }) => code.split('\n').map((command) => ({ file, command })))
    .filter(({ command }) => /^npx -y pnpm@12 \w/.test(command));

  it.each(commands)('$file: $command', ({ command }) => {
    expect([...Object.keys(scripts), 'install']).toContain(command.split(' ')[3]);
  });
});
