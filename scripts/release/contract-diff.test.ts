import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { syntheticContract } from '@koodrive-backup/testkit/synthetic-contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { contractDiff, isAnnounced } from './contract-diff.ts';

const [path = ''] = Object.keys(syntheticContract.paths);

describe('contractDiff', () => {
  let repository: string;
  let contract: string;
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: repository,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const write = (changed: object): void => writeFileSync(contract, stringify(changed));
  const { patch: _, ...lessOperations } = syntheticContract.paths[path] ?? {};
  const breaking = { ...syntheticContract, paths: { [path]: lessOperations } };
  const announce = (bumps: Record<string, string>): void => {
    mkdirSync(join(repository, '.changeset'), { recursive: true });
    writeFileSync(join(repository, '.changeset', 'change.md'), `---\n${stringify(bumps)}---\n\nA change.\n`);
  };
  const output = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const printed = (): string => output.mock.calls.flat().join('\n');

  beforeEach(() => {
    output.mockClear();
    repository = mkdtempSync(join(tmpdir(), 'contract-diff-test-'));
    contract = join(repository, 'spec', 'openapi.yaml');
    git('init', '--quiet');
    git('commit', '--quiet', '--allow-empty', '--message', 'empty');
    mkdirSync(join(repository, 'spec'));
    write(syntheticContract);
    git('add', '.');
    git('commit', '--quiet', '--message', 'contract');
  });
  afterEach(() => rmSync(repository, { recursive: true }));

  it('takes everything for new where the commit has no contract', () => {
    expect(contractDiff(repository, 'HEAD~1')).toBe(0);
    expect(printed()).toContain('everything is new');
  });

  it('asks for a patch when a text changes', () => {
    write({ ...syntheticContract, info: { ...syntheticContract.info, description: 'Another text.' } });
    expect(contractDiff(repository, 'HEAD')).toBe(0);
    expect(printed()).toContain('ask for a patch bump');
  });

  it('fails on a breaking change that nothing announces, and says where it is by the paths of the repository', () => {
    write({ ...breaking, info: { ...syntheticContract.info, description: 'Another text.' } });
    expect(contractDiff(repository, 'HEAD')).toBe(1);
    expect(printed()).toContain('ask for a major bump');
    expect(printed()).toMatch(/ at HEAD:spec\/openapi\.yaml:\d+:\d+$/m);
    expect(printed()).toMatch(/ at spec\/openapi\.yaml:\d+:\d+$/m);
    expect(printed()).not.toContain('contract-diff-');
  });

  it('accepts a breaking change that changesets announce', () => {
    write(breaking);
    announce({ '@koodrive-backup/spec': 'major', '@koodrive-backup/client': 'major' });
    expect(contractDiff(repository, 'HEAD')).toBe(0);
  });

  it.each([
    { '@koodrive-backup/spec': 'major', '@koodrive-backup/client': 'minor' },
    // The client's changelog would not mention it.
    { '@koodrive-backup/spec': 'major' },
    { '@koodrive-backup/client': 'major' },
  ])('does not take %j for an announcement', (bumps: Record<string, string>) => {
    announce(bumps);
    expect(isAnnounced(repository)).toBe(false);
  });

  it('accepts a breaking change of which the major version was raised', () => {
    write({ ...breaking, info: { ...syntheticContract.info, version: '1.0.0' } });
    expect(contractDiff(repository, 'HEAD')).toBe(0);
  });

  it('throws for a commit that does not exist', () => {
    expect(() => contractDiff(repository, 'nowhere')).toThrow(/nowhere/);
  });

  it('says in one line that there is no repository', () => {
    rmSync(join(repository, '.git'), { recursive: true });
    expect(() => contractDiff(repository, 'HEAD')).toThrow(/^git ls-tree failed: fatal: not a git repository.*$/);
  });

  it('throws for a contract that cannot be read', () => {
    writeFileSync(contract, 'openapi: [');
    expect(() => contractDiff(repository, 'HEAD')).toThrow(/redocly bundle failed/);
  });
});

describe('the command contract:diff', () => {
  // The root's scripts have the root's commands on their path, and not those of this package.
  const commands = [join(rootDir, 'node_modules', '.bin'), ...`${process.env.PATH}`.split(delimiter)]
    .filter((folder) => !folder.includes(join('scripts', 'node_modules')))
    .join(delimiter);
  const run = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'contract-diff.ts'), ...args], {
      cwd: rootDir,
      encoding: 'utf8',
      env: { PATH: commands },
    });

  it('compares with a commit', () => {
    const { status, stdout, stderr } = run('HEAD');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/The contract is the same|The changes ask for/);
    expect([0, 1]).toContain(status);
  });

  it.each([
    [[], 'name one commit'],
    [['nowhere'], 'nowhere'],
  ])('says what is wrong with %j, and exits with 2', (args, message) => {
    const { status, stderr } = run(...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
