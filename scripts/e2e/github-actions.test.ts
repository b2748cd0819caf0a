import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { startMock } from '@koodrive-backup/mock';
import { answer, startProvider } from '@koodrive-backup/testkit/provider';
import { samplesOf } from '@koodrive-backup/testkit/readme-samples';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { filled, runStep, type Step, useAction } from './action.ts';

// The parser imports JSON files without the import attribute that Node requires.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');
const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');

const read = (file: string): string => readFileSync(join(rootDir, file), 'utf8');
const guide = 'packages/docs/pages/contract-tests-in-ten-minutes.md';
const action = 'packages/conformance/action.yml';
const files = globSync('.github/workflows/*.yml', { cwd: rootDir });
const samples = [guide, 'README.md'].flatMap(samplesOf).filter(({ code }) => code.startsWith('# .github/workflows/'));
const workflows = [
  ...files.map((name) => ({ name, content: read(name) })),
  ...samples.map(({ file, line, code }) => ({ name: `${file}:${line}`, content: code })),
];

describe("GitHub's own parser finds nothing wrong with", () => {
  const errorsOf = (parser: typeof parseWorkflow, name: string, content: string): string[] =>
    parser({ name, content }, new NoOperationTraceWriter())
      .context.errors.getErrors()
      .map((error) => error.message);

  it.each(workflows)('$name', ({ name, content }) => expect(errorsOf(parseWorkflow, name, content)).toEqual([]));

  it(action, () => expect(errorsOf(parseAction, action, read(action))).toEqual([]));

  it('a correct workflow, but reports an unknown key, context and function', () => {
    const steps = `[{ run: "\${{ nothing.x }}" }, { run: "\${{ nothing() }}" }, { rum: ls }]`;
    const errors = errorsOf(parseWorkflow, 'wrong.yml', `on: push\njobs: { a: { runs-on: x, steps: ${steps} } }`);
    expect(errors.join('\n')).toMatch(/'nothing'.*\n.*'nothing'.*\n.*'rum'/);
  });
});

it.each([...files, action])('%s pins actions of others to a commit', (file) => {
  const used = [...read(file).matchAll(/^ *(?:- )?uses: (?!\.\/)(\S+)/gm)].map(([, uses]) => uses);
  expect(used.filter((uses) => !/@[0-9a-f]{40}$/.test(uses ?? ''))).toEqual([]);
});

describe('the commands of the workflows', () => {
  interface Manifest {
    name: string;
    scripts: Record<string, string>;
  }
  const manifestOf = (file: string): Manifest => JSON.parse(read(file));
  const packages = globSync('{spec,packages/*,scripts/*}/package.json', { cwd: rootDir }).map(manifestOf);
  const commands = files.flatMap((file) =>
    [...read(file).matchAll(/npx -y pnpm@12 (.*)/g)].map(([, command = '']) => ({ file, command })),
  );

  it.each(commands)('exist: $file: $command', ({ command }) => {
    const [, filter, filtered] = /^--filter (\S+) (?:run )?(\S+)/.exec(command) ?? [];
    const [first = ''] = command.split(' ');
    if (filter === undefined || filtered === undefined) {
      expect([...Object.keys(manifestOf('package.json').scripts), 'publish']).toContain(first);
      return;
    }
    const [name] = /@[\w/-]+/.exec(filter) ?? [];
    const named = packages.find((manifest) => manifest.name === name);
    expect(named, name).toBeDefined();
    // With `^...` pnpm runs the script in the dependencies of the package, not in the package itself.
    if (!filter.includes('^...')) expect(Object.keys(named?.scripts ?? {})).toContain(filtered);
  });

  it('soak every package that has a soak script', () => {
    const { jobs } = parse(read('.github/workflows/soak.yml'));
    const soaked = packages.filter(({ scripts }) => 'soak' in scripts).map(({ name }) => name.split('/')[1]);
    expect(jobs.soak.strategy.matrix.package).toEqual(expect.arrayContaining(soaked));
  });
});

it.skipIf(!process.env.HAS_CURL)('the job in the README of the root fails only for a violation', async () => {
  const [sample] = samples.filter(({ file }) => file === 'README.md');
  const [step] = (parse(sample?.code ?? '') as { jobs: { contract: { steps: Step[] } } }).jobs.contract.steps;
  expect(step?.uses).toContain('/packages/conformance@');
  const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
  onTestFinished(() => rmSync(workspace, { recursive: true }));
  const mock = await startMock();
  onTestFinished(() => mock.close());
  const provider = await startProvider((response) => answer(response, 200, { code: 0, msg: 'success', data: {} }));
  onTestFinished(() => provider.close());
  const verdicts = [mock.url, provider.url].map(async (url) => {
    const known = { 'secrets.KOODRIVE_TOKEN': 'any-token', 'vars.KOODRIVE_URL': url, 'vars.KOODRIVE_USER_ID': '7' };
    const only = process.env.MODE !== 'soak' && { only: 'no-credential-refused' };
    const { status, outputs } = await useAction({ ...step, with: { ...step?.with, ...only } }, { workspace, known });
    return { status, verdict: outputs.verdict };
  });
  expect(await Promise.all(verdicts)).toEqual([
    { status: 0, verdict: 'honoured' },
    { status: 1, verdict: 'violated' },
  ]);
});

// Needs bash and curl, as GitHub's runners have them.
it.skipIf(!process.env.HAS_CURL)('the job of test.yml that uses the action passes', async () => {
  const { action: job } = parse(read('.github/workflows/test.yml')).jobs as Record<string, { steps: Step[] }>;
  const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
  onTestFinished(() => rmSync(workspace, { recursive: true }));
  const mock = await startMock();
  onTestFinished(() => mock.close());
  const known: Record<string, string> = {};
  const ran: (string | undefined)[] = [];
  for (const step of job?.steps ?? []) {
    const { id, uses, run, env = {} } = step;
    // The mock runs already. `pnpm mock` would build packages of the work tree that other tests are using.
    if (uses?.startsWith('actions/checkout@') || run?.includes('pnpm@12 mock')) continue;
    if (run === undefined) {
      expect(uses).toBe('./packages/conformance');
      const only = id === 'honoured' && { only: 'missing-refused' };
      const used = await useAction({ ...step, with: { ...step.with, ...only, 'base-url': mock.url } }, { workspace });
      known[`steps.${id}.outcome`] = used.status === 0 ? 'success' : 'failure';
      for (const [name, value] of Object.entries(used.outputs)) known[`steps.${id}.outputs.${name}`] = value;
    } else {
      const { status, log } = await runStep(run, workspace, filled(env, known));
      expect(status, `${run}${log}${JSON.stringify(known)}`).toBe(0);
    }
    ran.push(id);
  }
  expect(ran).toEqual(['honoured', 'violated', undefined]);
});
