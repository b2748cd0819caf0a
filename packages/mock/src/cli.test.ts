import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { created, path, send } from '../test/requests.ts';
import { usage } from './command-line.ts';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(args: string[], nodeArgs: string[] = []): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [...nodeArgs, cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  // Otherwise a command that a failed test leaves behind would keep the test run from ending.
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function run(args: string[], nodeArgs: string[] = []): Promise<Finished> {
  const child = start(args, nodeArgs);
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  'serves until %s, and then ends even with a request under way',
  async (signal) => {
    const child = start(['--port', '0']);
    const [ready] = await once(createInterface(child.stdout), 'line');
    const url = /^koodrive-mock is ready at (http:\/\/127\.0\.0\.1:\d+)$/.exec(ready)?.[1] ?? '';
    expect(await (await send(url)).json()).toEqual(created);
    const underWay = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    await once(underWay, 'connect');
    onTestFinished(() => void underWay.destroy());
    underWay.write(`POST ${path} HTTP/1.1\r\nContent-Length: 10\r\n\r\n{`);
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([0, null]);
  },
);

it('says in one line what is wrong with its options, and exits with 2', async () => {
  const { code, stdout, stderr } = await run(['--prot', '1']);
  expect(stderr).toMatch(/^koodrive-mock: Unknown option '--prot'[^\n]*\n$/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

it('says that the port is taken, and exits with 2', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await run(['--port', `${port}`]);
  expect(stderr).toBe(`koodrive-mock: cannot listen on 127.0.0.1, port ${port}: the port is taken\n`);
  expect(code).toBe(2);
});

it('says that Node is too old, before it imports modules that an old Node cannot read', async () => {
  const pretend = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'24.17.9'})";
  const { code, stderr } = await run([], ['--import', pretend]);
  expect(stderr).toBe(`koodrive-mock: needs Node ${packageJson.engines.node}, and this is 24.17.9\n`);
  expect(code).toBe(2);
});

it('prints its version and its usage', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  expect(await run(['--help'])).toEqual({ code: 0, stdout: `${usage}\n`, stderr: '' });
});
