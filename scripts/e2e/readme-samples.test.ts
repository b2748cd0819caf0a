import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { startMock } from '@koodrive-backup/mock';
import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { freePort } from '@koodrive-backup/testkit/free-port';
import { type Sample, samplesOf } from '@koodrive-backup/testkit/readme-samples';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { consumerPackages, hasConsumers, linkPackages } from './consumers.ts';

const readmes = globSync('{README.md,spec/README.md,packages/*/README.md}', { cwd: rootDir });
const samples = readmes.flatMap(samplesOf);
const { scripts } = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

const run = async (command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> =>
  (await promisify(execFile)(command, args, { cwd: folder, env: { ...process.env, ...env } })).stdout;

const isSoak = process.env.MODE === 'soak';
const isTest = ({ code }: Sample): boolean => code.includes("from 'vitest'");
const isOfConsumers = ({ code }: Sample): boolean => consumerPackages.some((name) => code.includes(`from '${name}`));
const fileOf = ({ file, line }: Sample): string => join(folder, `${file.replaceAll('/', '-')}-${line}.ts`);
const placeOf = ({ file, line }: Sample): string => `${file}:${line}`;

// Written before the tests are collected, because some samples are tests.
const folder = mkdtempSync(join(tmpdir(), 'samples-'));
linkPackages(folder);
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
const ofTypeScript = samples.filter((sample) => sample.language === 'ts' && (hasConsumers || !isOfConsumers(sample)));
for (const sample of ofTypeScript) {
  const code = sample.code
    // The time limit of a sample is too short for a busy machine.
    .replace(/\}, \d+_000\);$/m, '});')
    // One check is enough here, because the suite's own tests cover all checks.
    .replace('runConformance({ ', `runConformance({ ${isSoak ? '' : "only: ['missing-refused'], "}`);
  writeFileSync(fileOf(sample), code);
}

let mock: Awaited<ReturnType<typeof startMock>>;
beforeAll(async () => {
  mock = await startMock();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await mock.close();
});

describe('the TypeScript samples', () => {
  const programs = ofTypeScript.filter((sample) => !isTest(sample));

  it('run, and print the output that the README promises', async () => {
    expect(programs.length).toBeGreaterThan(4);
    const runner = join(import.meta.dirname, 'run-samples.ts');
    const output = await run(process.execPath, [runner, ...programs.map(fileOf)], { KOODRIVE_URL: mock.url });
    const printed = JSON.parse(output) as string[];
    expect(printed).toHaveLength(programs.length);
    const promised = programs
      .map((sample, index) => ({ sample, text: printed[index] }))
      .filter((one) => one.sample.output);
    expect(promised.length).toBeGreaterThan(2);
    for (const { sample, text } of promised) expect(text, placeOf(sample)).toBe(sample.output);
  });

  it('compile', async () => {
    const compilerOptions = { noUnusedLocals: false, isolatedDeclarations: false };
    const project = { extends: join(rootDir, 'tsconfig.json'), compilerOptions, include: ['.'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
    expect(await run('tsc', ['--project', folder]).catch(({ stdout }) => stdout)).toBe('');
  });

  // They run in this Vitest, because starting another one would take longer than the samples.
  describe.each(ofTypeScript.filter(isTest).map((sample) => [placeOf(sample), sample] as const))(
    '%s passes as a test',
    async (_place, sample) => {
      await import(fileOf(sample));
    },
  );
});

describe.runIf(process.env.HAS_CURL)('the curl samples', () => {
  const calls = samples.filter(({ language, code }) => language === 'sh' && code.startsWith('curl'));

  it.each(calls)('$file:$line is answered with success', async ({ code }) => {
    const answer = await run('bash', ['-c', code.replaceAll('http://127.0.0.1:4010', mock.url)]);
    expect(JSON.parse(answer)).toMatchObject({ code: 0 });
  });
});

it.runIf(process.env.HAS_CURL)('the CI job starts the mock, and leaves no process running', async () => {
  const job = samples.find(({ language, code }) => language === 'yaml' && code.includes('koodrive-mock &'));
  const { jobs } = parse(job?.code ?? '') as { jobs: { test: { steps: { run?: string }[] } } };
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const script = `${jobs.test.steps.at(-1)?.run}`
    .replaceAll('http://127.0.0.1:4010', url)
    .replace('koodrive-mock &', `koodrive-mock --port ${port} &`)
    .replace('npm test', `curl --silent ${url}/tested`);
  // In a folder that has the mock in its node_modules, as in the job.
  const stdout = await run('bash', ['-e', '-c', script]);
  expect(stdout).toContain('path /tested is not in the contract');
  await expect.poll(() => fetch(url).catch((error) => error)).toBeInstanceOf(TypeError);
});

describe('the README of the client', () => {
  const readme = readFileSync(join(rootDir, 'packages', 'client', 'README.md'), 'utf8');

  it('names errata with their right number and title', () => {
    const errata = readFileSync(join(rootDir, 'spec', 'errata.md'), 'utf8').split('\n');
    const defined = [...readme.matchAll(/^\[(E\d+)\]: https:\S+ "errata\.md, (E\d+\. .*)"$/gm)];
    const named = [...readme.matchAll(/\[(E\d+)\](?!:)/g)].map(([, name]) => name);
    expect(new Set(defined.map(([, name]) => name))).toEqual(new Set(named));
    for (const [, name, heading] of defined) {
      expect(heading?.startsWith(`${name}. `)).toBe(true);
      expect(errata).toContain(`### ${heading}`);
    }
  });

  it('has a heading for every link within itself', () => {
    const slugs = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, target] of readme.matchAll(/\]\(#(.*?)\)/g)) expect(slugs).toContain(target);
  });
});

it.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md'])('%s of the root links only to files that exist', (file) => {
  const text = readFileSync(join(rootDir, file), 'utf8');
  const targets = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target);
  expect(targets.filter((target) => !/^https:/.test(target) && !existsSync(join(rootDir, target)))).toEqual([]);
});

describe('the README of the root', () => {
  const readme = readFileSync(join(rootDir, 'README.md'), 'utf8');

  it('lists every command, and no other', () => {
    const [, rows = ''] = /^## All commands\n\n[^\n]*\n\|---\|---\|\n(.*?)\n\n/ms.exec(readme) ?? [];
    const listed = rows.split('\n').flatMap((row) => {
      const [, cell = ''] = row.split(' | ');
      return [...cell.matchAll(/`([\w:]+)[^`]*`/g)].map(([, name]) => name);
    });
    expect(listed.toSorted()).toEqual(Object.keys(scripts).toSorted());
  });

  it('has less than 150 lines, and examples of less than 15', () => {
    expect(readme.split('\n').length).toBeLessThan(150);
    for (const sample of samplesOf('README.md'))
      expect(sample.code.split('\n').length, placeOf(sample)).toBeLessThan(16);
  });

  it('has a picture with colours for light and dark, without scripts and without anything from outside', () => {
    const picture = readFileSync(join(rootDir, '.github', 'pipeline.svg'), 'utf8');
    expect(readme).toContain('](.github/pipeline.svg)');
    expect(picture).toContain('prefers-color-scheme: dark');
    expect(picture.match(/<script|<foreignObject|@import|@font-face|href=|url\((?!#)/gi)).toBeNull();
  });

  // The stand-in for turbo is a shell script. The docs are built already, and other tests are using them.
  it.skipIf(process.platform === 'win32')('serves the docs at the address that its example prints', async () => {
    const [, sample = expect.fail('no example')] = /^```sh\nnpx -y pnpm@12 (docs:serve)\n```$/m.exec(readme) ?? [];
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'turbo'), '#!/bin/sh\n', { mode: 0o755 });
    const [, ...args] = `${scripts[sample]} --port 0`.split(' ');
    const server = spawn(process.execPath, args, {
      cwd: rootDir,
      env: { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void server.kill());
    const [printed] = await Promise.race([once(server.stdout, 'data'), once(server, 'close')]);
    const [url = expect.fail(`no address: ${printed}`)] = /http:\S+/.exec(String(printed)) ?? [];
    const page = await (await fetch(url)).text();
    for (const { id } of readContract(contract).operations) expect(page).toContain(id);
  });
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
