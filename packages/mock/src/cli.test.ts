import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { created, path, send } from '../test/requests.ts';
import { usage } from './command-line.ts';
import { startMock } from './index.ts';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

/** A command starts in half a second; on a busy machine it may take many times that. */
vi.setConfig({ testTimeout: 20_000 });

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(args: string[], nodeArgs: string[] = []): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [...nodeArgs, cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  // A command that a failed test leaves behind would keep the test run from ending.
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function run(args: string[], nodeArgs: string[] = []): Promise<Finished> {
  const child = start(args, nodeArgs);
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  'serves until %s, and ends within a second whatever is under way',
  async (signal) => {
    const child = start(['--port', '0']);
    const [ready] = await once(createInterface(child.stdout), 'line');
    const url = /^koodrive-mock is ready at (http:\/\/127\.0\.0\.1:\d+)$/.exec(ready)?.[1] ?? '';
    expect(await (await send(url)).json()).toEqual(created);
    const underWay = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    await once(underWay, 'connect');
    onTestFinished(() => void underWay.destroy());
    underWay.write(`POST ${path} HTTP/1.1\r\nContent-Length: 10\r\n\r\n{`);
    const begin = performance.now();
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(performance.now() - begin).toBeLessThan(20_000);
  },
);

it.each([
  [['--port', 'x'], "--port must be a number from 0 to 65535, not 'x'"],
  [['--port', '65536'], '--port must be a number from 0 to 65535, not 65536'],
  [['--port='], "--port must be a number from 0 to 65535, not ''"],
  [['--host='], "--host must be a name or an address, not ''"],
  [['--prot', '1'], "Unknown option '--prot'"],
  [['extra'], "Unexpected argument 'extra'"],
  [['--port', '0', '--host', '203.0.113.1'], 'cannot listen on 203.0.113.1, port 0: '],
])('%j: one line on stderr, and exit 2', async (args, message) => {
  const { code, stdout, stderr } = await run(args);
  expect(stderr).toMatch(/^koodrive-mock: [^\n]+\n$/);
  expect(stderr).toContain(message);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

it('says that the port is taken', async () => {
  const mock = await startMock();
  onTestFinished(() => mock.close());
  const { port } = new URL(mock.url);
  const { code, stderr } = await run(['--port', port]);
  expect(stderr).toBe(`koodrive-mock: cannot listen on 127.0.0.1, port ${port}: the port is taken\n`);
  expect(code).toBe(2);
});

it('says that Node is too old, before it imports what an old Node cannot read', async () => {
  const pretend = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'24.17.9'})";
  const { code, stderr } = await run([], ['--import', pretend]);
  expect(stderr).toBe(`koodrive-mock: needs Node ${packageJson.engines.node}, and this is 24.17.9\n`);
  expect(code).toBe(2);
});

it('prints its version and its usage', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  for (const flag of ['--help', '-h']) expect(await run([flag])).toEqual({ code: 0, stdout: `${usage}\n`, stderr: '' });
});
