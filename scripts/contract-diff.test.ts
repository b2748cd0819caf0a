import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { contractDiff } from './contract-diff.ts';
import { rootDir, specDir } from './workspace.ts';

describe('contractDiff', () => {
  let repository: string;
  const fileOf = (name: string): string => join(repository, 'spec', name);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: repository,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const change = (search: string | RegExp, replacement: string, name = 'openapi.yaml'): void => {
    const text = readFileSync(fileOf(name), 'utf8');
    expect(text).toMatch(search);
    writeFileSync(fileOf(name), text.replace(search, replacement));
  };
  const announce = (name: string, bump: string): void => {
    mkdirSync(join(repository, '.changeset'), { recursive: true });
    writeFileSync(join(repository, '.changeset', 'change.md'), `---\n'${name}': ${bump}\n---\n\nA change.\n`);
  };
  const output = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const printed = (): string => output.mock.calls.flat().join('\n');

  beforeEach(() => {
    output.mockClear();
    repository = mkdtempSync(join(tmpdir(), 'contract-diff-test-'));
    git('init', '--quiet');
    git('commit', '--quiet', '--allow-empty', '--message', 'empty');
    for (const name of ['openapi.yaml', 'paths']) cpSync(join(specDir, name), fileOf(name), { recursive: true });
    git('add', '.');
    git('commit', '--quiet', '--message', 'contract');
  });
  afterEach(() => rmSync(repository, { recursive: true }));

  it('finds no difference between a contract and itself', () => {
    expect(contractDiff(repository, 'HEAD')).toBe(0);
    expect(printed()).toContain('The contract is the same.');
  });

  it('takes everything for new where the commit has no contract', () => {
    expect(contractDiff(repository, 'HEAD~1')).toBe(0);
    expect(printed()).toContain('everything is new');
  });

  it('asks for a patch when a text changes', () => {
    change('summary: Create a backup record', 'summary: Create one backup record', 'paths/createBackupRecord.yaml');
    expect(contractDiff(repository, 'HEAD')).toBe(0);
    expect(printed()).toContain('ask for a patch bump');
  });

  it('fails on a breaking change that nothing announces', () => {
    change("        - '102'\n", '');
    expect(contractDiff(repository, 'HEAD')).toBe(1);
    expect(printed()).toContain('ask for a major bump');
  });

  it('takes an operation with its file for an addition, and without it for a breaking change', () => {
    const reference = / {4}delete:\n {6}\$ref: paths\/unbindDevice.yaml\n/;
    change(reference, '    summary: Nothing here.\n');
    expect(contractDiff(repository, 'HEAD')).toBe(1);
    git('commit', '--quiet', '--all', '--message', 'without it');
    change('    summary: Nothing here.\n', '    delete:\n      $ref: paths/unbindDevice.yaml\n');
    expect(contractDiff(repository, 'HEAD')).toBe(0);
    expect(printed()).toContain('ask for a minor bump');
  });

  it('accepts a breaking change that a major changeset announces', () => {
    change("        - '102'\n", '');
    announce('@koodrive-backup/spec', 'major');
    expect(contractDiff(repository, 'HEAD')).toBe(0);
  });

  it.each([
    ['@koodrive-backup/spec', 'minor'],
    ['@koodrive-backup/client', 'major'],
  ])('does not take a changeset of %s, %s, for an announcement', (name, bump) => {
    change("        - '102'\n", '');
    announce(name, bump);
    expect(contractDiff(repository, 'HEAD')).toBe(1);
  });

  it('accepts a breaking change of which the major version was raised', () => {
    change("        - '102'\n", '');
    change('version: 0.1.0', 'version: 1.0.0');
    expect(contractDiff(repository, 'HEAD')).toBe(0);
  });

  it('throws for a commit that does not exist', () => {
    expect(() => contractDiff(repository, 'nowhere')).toThrow(/nowhere/);
  });

  it('throws for a contract that cannot be read', () => {
    writeFileSync(fileOf('openapi.yaml'), 'openapi: [');
    expect(() => contractDiff(repository, 'HEAD')).toThrow(/redocly bundle failed/);
  });
});

describe('the command contract:diff', () => {
  // The root's scripts have the root's commands on their path, and not those of this package.
  const path = [join(rootDir, 'node_modules', '.bin'), ...`${process.env.PATH}`.split(delimiter)]
    .filter((folder) => !folder.includes(join('scripts', 'node_modules')))
    .join(delimiter);
  const run = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'contract-diff.ts'), ...args], {
      cwd: rootDir,
      encoding: 'utf8',
      env: { PATH: path },
    });

  it('compares with a commit', () => {
    const { status, stdout, stderr } = run('HEAD');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/The contract is the same|The changes ask for/);
    expect([0, 1]).toContain(status);
  });

  it.each([
    [[], 'name one commit'],
    [['a', 'b'], 'name one commit'],
    [['nowhere'], 'nowhere'],
    [['--what'], '--what'],
  ])('says what is wrong with %j, and exits with 2', (args, message) => {
    const { status, stderr } = run(...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
