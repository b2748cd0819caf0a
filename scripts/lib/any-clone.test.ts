import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rootDir } from './workspace.ts';

const guard = join(import.meta.dirname, 'needs-pnpm.cjs');
const message = (command: string): string =>
  `This repository needs pnpm, which also installs its Node. Type: npx -y pnpm@12 ${command}\n`;

/** Runs the guard of the root scripts as npm, Yarn or pnpm would: with their variables only, none of this process. */
function runGuard(env: NodeJS.ProcessEnv, ...args: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, args, {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  return { status, stderr };
}

it('checks every text file out with LF, for any configuration of Git', () => {
  const files = execFileSync('git', ['ls-files', '--eol'], { cwd: rootDir, encoding: 'utf8' }).trim().split('\n');
  const text = files.filter((file) => !file.startsWith('i/-text'));
  expect(text.filter((file) => !/^i\/(lf|none) .*attr\/text=auto eol=lf/.test(file))).toEqual([]);
});

it.each([
  ['npm', { npm_config_user_agent: 'npm/11.19.1 node/v26.10.0 linux x64', npm_lifecycle_event: 'start' }, 'start'],
  [
    'Yarn running a script',
    { npm_config_user_agent: 'yarn/1.22.22 npm/? node/v26.10.0', npm_lifecycle_event: 'test' },
    'test',
  ],
])('prints the pnpm command when %s starts a root script', (_, env, command) => {
  expect(runGuard(env, '--import', guard, '--eval', '0')).toEqual({ status: 1, stderr: message(command) });
});

it('prints the pnpm command when Yarn itself is run', () => {
  expect(runGuard({ YARN_IGNORE_PATH: '1' }, guard)).toEqual({ status: 1, stderr: message('install') });
  expect(runGuard({ YARN_IGNORE_PATH: '1' }, guard, 'start')).toEqual({ status: 1, stderr: message('start') });
});

it('prints the pnpm command when a Node without TypeScript runs a root script', () => {
  const env = { npm_config_user_agent: 'pnpm/9.15.9 npm/? node/v20.20.2 linux x64', npm_lifecycle_event: 'start' };
  expect(runGuard(env, '--no-strip-types', '--import', guard, '--eval', '0')).toEqual({
    status: 1,
    stderr: message('start'),
  });
});

it('prints nothing for pnpm', () => {
  const env = { npm_config_user_agent: 'pnpm/12.21.0 npm/? node/? linux x64' };
  expect(runGuard(env, '--import', guard, '--eval', '0')).toEqual({ status: 0, stderr: '' });
});

const npm = spawnSync('npm', ['--version'], { shell: process.platform === 'win32' });

it.skipIf(npm.status !== 0)('makes npm install fail with the pnpm command in its error message', () => {
  const folder = mkdtempSync(join(tmpdir(), 'any-clone-test-'));
  try {
    copyFileSync(join(rootDir, 'package.json'), join(folder, 'package.json'));
    const { status, stderr } = spawnSync('npm', ['install', '--offline', '--ignore-scripts'], {
      cwd: folder,
      shell: process.platform === 'win32',
      encoding: 'utf8',
    });
    expect(stderr).toContain('npm does not install this repository. Type: npx -y pnpm@12 install');
    expect(status).not.toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
