import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// Not on Windows, because a shell script stands in for turbo.
describe.skipIf(process.platform === 'win32')('a root script that builds', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'start-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Returns an environment whose PATH begins with a turbo that only prints its arguments and a complaint. */
  function environment(exitCode: number): NodeJS.ProcessEnv {
    const turbo = join(folder, 'turbo');
    writeFileSync(turbo, `#!/bin/sh\necho "turbo was given $*"\necho complaint >&2\nexit ${exitCode}\n`);
    chmodSync(turbo, 0o755);
    return { ...process.env, PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter) };
  }
  const script = (name: string): string => join(import.meta.dirname, `${name}.ts`);
  const run = (name: string, env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, [script(name)], { env, encoding: 'utf8' });

  /** Splits what `start` prints into lines, without the seconds, which depend on the machine. */
  const lines = (stdout: string): string[] => stdout.replace(/ \(\d+ s\)$/gm, '').split('\n');

  it('prints the lines that the README shows, then the next commands; sends no request to a proxy', () => {
    // Nothing listens on that port, so a request to the mock or the server fails if it goes to the proxy.
    const proxy = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://127.0.0.1:9', no_proxy: 'example.com' };
    const { status, stdout, stderr } = run('start', { ...environment(0), ...proxy });
    const [, shown = ''] = /^```text\n(.*?)```$/ms.exec(readFileSync(join(rootDir, 'README.md'), 'utf8')) ?? [];
    expect(lines(stdout).slice(0, 5)).toEqual(shown.split('\n'));
    for (const word of ['docs:serve', 'mock', 'packages/server', 'packages/client', 'test']) {
      expect(stdout.slice(stdout.indexOf('\nNext'))).toContain(word);
    }
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it("stops start at the step that fails, with turbo's whole log and exit code", () => {
    const { status, stdout, stderr } = run('start', environment(3));
    expect(lines(stdout)).toEqual(['Lint the contract, and generate types from it …', '']);
    expect(stderr).toMatch(/^turbo was given .*run lint generate .*\ncomplaint\n$/);
    expect(status).toBe(3);
  });

  it('prints a kill command for the mock that ends it', async () => {
    const mock = spawn(process.execPath, [script('mock'), '--port', '0'], {
      env: environment(0),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(mock, 'exit');
    const printed: string[] = [];
    try {
      for await (const line of createInterface(mock.stdout)) {
        printed.push(line);
        const [, pid] = /^End it with Ctrl-C, or with: kill (\d+)$/.exec(line) ?? [];
        if (pid) process.kill(Number(pid), 'SIGTERM');
      }
    } finally {
      mock.kill('SIGKILL');
    }
    expect(printed).toEqual([
      expect.stringMatching(/^koodrive-mock is ready at /),
      expect.stringMatching(/^End it with Ctrl-C, or with: kill \d+$/),
    ]);
    expect(await ended).toEqual([0, null]);
  });

  it("prints turbo's log if the build of the mock fails", () => {
    const { status, stdout, stderr } = run('mock', environment(3));
    expect(stderr).toContain('complaint');
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
  });
});
