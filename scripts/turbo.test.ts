import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootDir } from './workspace.ts';

// The terminal is the one that `script` of util-linux makes.
const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

describe.skipIf(process.platform === 'win32')('turbo', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  const command = `'${process.execPath}' '${join(import.meta.dirname, 'tasks.ts')}' generate`;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'turbo-test-'));
    writeFileSync(
      join(folder, 'turbo'),
      '#!/bin/sh\necho "arguments: $@, NO_COLOR: $NO_COLOR, FORCE_COLOR: $FORCE_COLOR"\n',
    );
    chmodSync(join(folder, 'turbo'), 0o755);
    env = { PATH: [folder, process.env.PATH].join(delimiter) };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (file: string, args: string[], more: NodeJS.ProcessEnv = {}): string =>
    execFileSync(file, args, { cwd: rootDir, env: { ...env, ...more }, encoding: 'utf8' }).trim();
  const plain = 'arguments: --no-color run generate, NO_COLOR: 1, FORCE_COLOR:';

  it('writes no colour to what is not a terminal', () => {
    expect(run('sh', ['-c', command])).toBe(plain);
    expect(run('sh', ['-c', command], { FORCE_COLOR: '1' })).toBe(plain);
  });

  it.runIf(hasTerminals)('writes colour to a terminal, but not with NO_COLOR', () => {
    const onTerminal = ['--quiet', '--return', '--command', command, '/dev/null'];
    expect(run('script', onTerminal)).toBe('arguments: run generate, NO_COLOR: , FORCE_COLOR:');
    expect(run('script', onTerminal, { NO_COLOR: '1' })).toBe(plain);
  });
});
