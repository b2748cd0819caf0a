import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startMock } from '@koodrive-backup/mock';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import manifest from './package.json' with { type: 'json' };
import { options, reportFormats } from './src/options.ts';
import { runCommandLine } from './test/command-line.ts';

interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: { uses?: string; with?: Record<string, unknown> }[] };
}

const action: Action = parse(readFileSync(join(import.meta.dirname, 'action.yml'), 'utf8'));

describe('action.yml', () => {
  it('has an input for every option that is not secret', () => {
    const names = options.filter(({ isSecret, isLocal }) => !isSecret && !isLocal).map(({ name }) => name);
    expect(Object.keys(action.inputs)).toEqual(['base-url', ...names, 'reports']);
    expect(names.length).toBeGreaterThan(10);
  });

  it('has an output with the path of the report in each format', () => {
    expect(Object.keys(action.outputs)).toEqual(['verdict', ...reportFormats]);
  });

  it('sets up a version of Node that the package supports', () => {
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

/** The environment that a runner gives to the last step of action.yml. An input that is not set is empty. */
function environment(inputs: Record<string, string>): Record<string, string> {
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? '']);
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  const given = JSON.stringify({ ...Object.fromEntries(defaults), 'user-id': '7', ...inputs });
  return { INPUTS: given, KOODRIVE_TOKEN: token, GITHUB_ACTIONS: 'true', ...files };
}

interface Ended {
  status: number;
  log: string;
  outputs: Record<string, string>;
  summary: string;
}

function ended(status: number, log: string): Ended {
  const outputs = readFileSync(join(folder, 'output'), 'utf8').trim().split('\n');
  return {
    status,
    log,
    outputs: Object.fromEntries(outputs.map((line) => line.split('='))),
    summary: readFileSync(join(folder, 'summary'), 'utf8'),
  };
}

/** Runs the program of action.yml, and the suite that it starts, in this process. */
async function run(inputs: Record<string, string>): Promise<Ended> {
  let log = '';
  const env = environment({ reports: join(folder, 'conformance-report'), ...inputs });
  vi.doMock('node:child_process', () => ({
    spawn(_node: string, [, ...args]: string[]) {
      const suite = new EventEmitter();
      void runCommandLine(args, env).then(({ status, out, err }) => {
        log = out + err;
        suite.emit('close', status);
      });
      return suite;
    },
  }));
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.resetModules();
  const { exitCode } = process;
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const listeners = signals.flatMap((signal) => process.listeners(signal));
  try {
    await import('./action.ts');
    return ended(Number(process.exitCode), log);
  } finally {
    process.exitCode = exitCode;
    for (const signal of signals) {
      for (const listener of process.listeners(signal)) {
        if (!listeners.includes(listener)) process.off(signal, listener);
      }
    }
    vi.unstubAllEnvs();
    vi.doUnmock('node:child_process');
  }
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

describe('the action in its own process', () => {
  function start(inputs: Record<string, string>): { kill(signal: NodeJS.Signals): void; end: Promise<Ended> } {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'action.ts')], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...environment(inputs) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill());
    const end = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return {
      kill: (signal) => void child.kill(signal),
      end: end.then(([out, err, [status]]) => ended(status, out + err)),
    };
  }

  it('reports that the contract is honoured, and writes the reports where its outputs say', async () => {
    const mock = await startMock();
    onTestFinished(() => mock.close());
    const only = 'missing-refused empty-refused';
    const { end } = start({ 'base-url': mock.url, only, seed: '5', reports: 'a b/c' });
    const { status, outputs, summary } = await end;
    expect({ status, outputs }).toMatchObject({
      status: 0,
      outputs: { verdict: 'honoured', junit: join('a b/c', 'junit.xml') },
    });
    expect(summary).toMatch(/^## The contract is honoured\n\n.* level contract, seed 5: \d\d passed, 0 violated/);
    for (const format of Object.keys(action.outputs).filter((name) => name !== 'verdict')) {
      expect(existsSync(join(folder, outputs[format] ?? 'nowhere')), format).toBe(true);
    }
    const { results } = JSON.parse(readFileSync(join(folder, 'a b/c', 'report.json'), 'utf8'));
    const seen = results.filter(({ outcome }: { outcome: string }) => outcome === 'passed');
    expect(new Set(seen.map(({ check }: { check: string }) => check))).toEqual(
      new Set(['missing-refused', 'empty-refused']),
    );
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'has the suite clean up when the job is cancelled by %s',
    async (signal) => {
      const asked = Promise.withResolvers<void>();
      let requests = 0;
      // The provider sends Retry-After to the second request, which the suite sends alone: however late the signal
      // comes, the suite has created nothing and is waiting.
      const url = await serve((_, response) => {
        requests += 1;
        if (requests === 1) return response.end('{"code":0,"msg":"success","data":[]}');
        return response.writeHead(503, { 'retry-after': '60' }).end(() => asked.resolve());
      });
      const { kill, end } = start({ 'base-url': url });
      await asked.promise;
      kill(signal);
      expect(await end).toMatchObject({
        status: 2,
        log: expect.stringMatching(/^koodrive-conformance: interrupted; what was created has been removed\n$/m),
        outputs: { verdict: 'not-run' },
      });
    },
  );
});

describe('the action', () => {
  it('reports violations in the log, the summary and its status, without secrets', async () => {
    // The report repeats the name of a duplicate member.
    const member = JSON.stringify(`<b>\n\n${'y'.repeat(999)}`);
    const url = await serve((_, response) => {
      response.setHeader('content-type', 'application/json').end(`{"code":0,"msg":"success",${member}:0,${member}:1}`);
    });
    const { status, log, outputs, summary } = await run({
      'base-url': url,
      only: 'no-credential-refused unique-members',
    });
    expect({ status, outputs }).toMatchObject({ status: 1, outputs: { verdict: 'violated' } });
    // The same requests show both, so they are one finding.
    expect(log).toContain('::error title=unique-members of listBoundDevice::');
    expect(log).toContain('also by no-credential-refused');
    expect(summary).toMatch(/^## The contract is violated\n/);
    const [, table = ''] = summary.split('<table>');
    expect(table).toContain('<td>unique-members, no-credential-refused</td><td>listBoundDevice</td>');
    expect(table).toContain('&lt;b&gt; yyy');
    expect(table).not.toMatch(/<b>|y{400}/);
    const written = Object.values(outputs).map((file) => (file === 'violated' ? '' : readFileSync(file, 'utf8')));
    expect([log, summary, ...written].join('')).not.toContain(token);
  });

  it('does not use an earlier report as its own if the suite could not run', async () => {
    mkdirSync(join(folder, 'conformance-report'));
    writeFileSync(join(folder, 'conformance-report', 'report.json'), '{ "honoured": true }');
    const { status, log, outputs, summary } = await run({ 'base-url': 'http://127.0.0.1:1' });
    expect({ status, outputs }).toMatchObject({ status: 2, outputs: { verdict: 'not-run' } });
    expect(summary).toContain('The suite could not run');
    expect(log).toMatch(/^koodrive-conformance: .*ECONNREFUSED.*\n$/);
    expect(existsSync(join(folder, 'conformance-report', 'report.json'))).toBe(false);
  });

  it('reports in one line that the reports cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { status, log, outputs } = await run({
      'base-url': 'http://127.0.0.1:1',
      reports: join(folder, 'file', 'reports'),
    });
    expect({ status, outputs }).toMatchObject({ status: 2, outputs: { verdict: 'not-run' } });
    expect(log).toMatch(/^koodrive-conformance: cannot write .*\n$/);
  });

  it.each(['--help', '-h', ''])('treats %j as a URL, and not as an option', async (url) => {
    const { status, log } = await run({ 'base-url': url });
    expect(status).toBe(2);
    expect(log).toMatch(/is not an http or https URL|give one base URL/);
  });
});
