import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { startMock } from '@koodrive-backup/mock';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import manifest from './package.json' with { type: 'json' };
import { usage } from './src/options.ts';

interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: { uses?: string; with?: Record<string, unknown> }[] };
}

const action: Action = parse(readFileSync(join(import.meta.dirname, 'action.yml'), 'utf8'));

/** The command's options, as its usage tells them. */
const options = [...usage.matchAll(/^ {2}--([\w-]+) <.*?> {2,}(.*(?:\n {10,}.*)*)/gm)].map(
  ([, name = '', told = '']) => ({
    name,
    told: told.replaceAll(/\s*\n\s*/g, '; '),
  }),
);

describe('action.yml', () => {
  it('has the options of the command as inputs, but for secrets, and says of each what the command says', () => {
    const inputs = options
      .filter(({ name, told }) => name !== 'report' && !told.includes('KOODRIVE_'))
      .map(({ name, told }) => [name, told.replace('may be repeated', 'several are divided by spaces')]);
    const described = Object.entries(action.inputs).map(([name, { description }]) => [name, description]);
    expect(described.filter(([name]) => name !== 'base-url' && name !== 'reports')).toEqual(inputs);
    expect(inputs.length).toBeGreaterThan(10);
  });

  it('tells where the report is in each format that the command writes', () => {
    const formats = options
      .find(({ name }) => name === 'report')
      ?.told.match(/: (.*);/)?.[1]
      ?.split(/, | or /);
    expect(Object.keys(action.outputs)).toEqual(['verdict', ...(formats ?? [])]);
  });

  it('sets up a Node that the package runs on', () => {
    const [node] = action.runs.steps.filter(({ uses }) => uses?.startsWith('actions/setup-node@'));
    expect(node?.with?.['node-version']).toBe(manifest.engines.node);
  });
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'koodrive-action-'));
  return () => rmSync(folder, { recursive: true });
});

const token = 'a-secret-of-the-user';

/** Starts what action.yml runs last, with its inputs as a runner gives them: one that is not set is empty. */
function start(inputs: Record<string, string>): ChildProcessByStdio<null, Readable, Readable> {
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? '']);
  for (const file of ['output', 'summary']) writeFileSync(join(folder, file), '');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'action.ts')], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      INPUTS: JSON.stringify({ ...Object.fromEntries(defaults), 'user-id': '7', ...inputs }),
      KOODRIVE_TOKEN: token,
      GITHUB_ACTIONS: 'true',
      GITHUB_OUTPUT: join(folder, 'output'),
      GITHUB_STEP_SUMMARY: join(folder, 'summary'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill());
  return child;
}

interface Ended {
  status: number;
  log: string;
  outputs: Record<string, string>;
  summary: string;
}

async function end(child: ReturnType<typeof start>): Promise<Ended> {
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const outputs = readFileSync(join(folder, 'output'), 'utf8').trim().split('\n');
  return {
    status,
    log: out + err,
    outputs: Object.fromEntries(outputs.map((line) => line.split('='))),
    summary: readFileSync(join(folder, 'summary'), 'utf8'),
  };
}

async function mockUrl(): Promise<string> {
  const mock = await startMock();
  onTestFinished(() => mock.close());
  return mock.url;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the action', () => {
  it('says that the contract is honoured, and writes the reports where its outputs say', async () => {
    const url = await mockUrl();
    const ended = await end(
      start({ 'base-url': url, only: 'missing-refused empty-refused', seed: '5', reports: 'a b/c' }),
    );
    expect(ended).toMatchObject({ status: 0, outputs: { verdict: 'honoured', junit: join('a b/c', 'junit.xml') } });
    expect(ended.summary).toMatch(/^## The contract is honoured\n\n.* level contract, seed 5: \d\d passed, 0 violated/);
    for (const format of Object.keys(action.outputs).filter((name) => name !== 'verdict')) {
      expect(existsSync(join(folder, ended.outputs[format] ?? 'nowhere')), format).toBe(true);
    }
    const { results } = JSON.parse(readFileSync(join(folder, 'a b/c', 'report.json'), 'utf8'));
    const seen = results.filter(({ outcome }: { outcome: string }) => outcome === 'passed');
    expect(new Set(seen.map(({ check }: { check: string }) => check))).toEqual(
      new Set(['missing-refused', 'empty-refused']),
    );
  });

  it('says what is violated, in the log, in the summary and by its status, and gives no secret away', async () => {
    // The report repeats the name of a member that comes twice.
    const member = JSON.stringify(`<b>\n\n${'y'.repeat(999)}`);
    const url = await serve((_, response) => {
      response.setHeader('content-type', 'application/json').end(`{"code":0,"msg":"success",${member}:0,${member}:1}`);
    });
    const ended = await end(start({ 'base-url': url }));
    expect(ended).toMatchObject({ status: 1, outputs: { verdict: 'violated' } });
    expect(ended.log).toContain('::error title=no-credential-refused of listBoundDevice::');
    expect(ended.summary).toMatch(/^## The contract is violated\n/);
    expect(ended.summary).toContain(
      '<td>no-credential-refused</td><td>listBoundDevice</td><td>refused, for no Authorization</td>',
    );
    const [, table = ''] = ended.summary.split('<table>');
    expect(table).toContain('<td>unique-members</td>');
    expect(table).toContain('&lt;b&gt; yyy');
    expect(table).not.toMatch(/<b>|y{400}/);
    const written = Object.values(ended.outputs).map((file) =>
      file === 'violated' ? '' : readFileSync(join(folder, file), 'utf8'),
    );
    expect([ended.log, ended.summary, ...written].join('')).not.toContain(token);
  });

  it('does not take an earlier report for its own where the suite could not be run', async () => {
    mkdirSync(join(folder, 'conformance-report'));
    writeFileSync(join(folder, 'conformance-report', 'report.json'), '{ "honoured": true }');
    const ended = await end(start({ 'base-url': 'http://127.0.0.1:1' }));
    expect(ended).toMatchObject({ status: 2, outputs: { verdict: 'not-run' } });
    expect(ended.summary).toContain('The suite could not be run');
    expect(ended.log).toMatch(/^koodrive-conformance: .*ECONNREFUSED.*\n$/);
    expect(existsSync(join(folder, 'conformance-report', 'report.json'))).toBe(false);
  });

  it('says in one line that the reports cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const ended = await end(start({ 'base-url': 'http://127.0.0.1:1', reports: 'file/reports' }));
    expect(ended).toMatchObject({ status: 2, outputs: { verdict: 'not-run' } });
    expect(ended.log).toMatch(/^koodrive-conformance: cannot write .*\n$/);
  });

  it.each(['--help', '-h', ''])('takes %j for a URL, and not for an option', async (url) => {
    const ended = await end(start({ 'base-url': url }));
    expect(ended.status).toBe(2);
    expect(ended.log).toMatch(/is no http or https URL|give one base URL/);
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'has the suite clean up when the job is cancelled by %s',
    async (signal) => {
      const asked = Promise.withResolvers<void>();
      const url = await serve((_, response) => {
        response.setHeader('content-type', 'application/json').end('{"code":0,"msg":"success","data":{}}');
        asked.resolve();
      });
      // At this rate it has most of its requests before it still.
      const child = start({ 'base-url': url, rate: '1' });
      const ended = end(child);
      await asked.promise;
      child.kill(signal);
      expect(await ended).toMatchObject({
        status: 2,
        log: 'koodrive-conformance: interrupted; what was created has been removed\n',
        outputs: { verdict: 'not-run' },
      });
    },
  );
});
