// `pnpm contract:diff <git-ref>`: what changed in the contract since a commit, and which semver bump it asks for.
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { runRedocly } from '@koodrive-backup/lib/redocly';
import { rootDir, specDir } from '@koodrive-backup/lib/workspace';
import { parse } from 'yaml';

/** What a breaking change of the contract breaks: the client's types are made from it. A changelog tells of what is named. */
const broken = ['@koodrive-backup/spec', '@koodrive-backup/client'];

const usage = `Usage: pnpm contract:diff <git-ref>

Compares the contract with that of <git-ref> and prints each change with the semver bump that it asks for.

Exit codes: 0 no breaking change, or one that major changesets of ${broken.join(' and ')} announce
            1 a breaking change that they do not announce
            2 the comparison could not be made`;

interface Difference {
  bump?: 'major' | 'minor' | 'patch';
  infoVersions: { base: string; revision: string };
}

/**
 * Compares two contracts.
 *
 * @param repository The root of a git repository with the contract in `spec/`, which is compared as it is on disk.
 * @param ref The commit to compare with.
 * @returns The exit code: 0, or 1 for a breaking change that no major changeset announces.
 * @throws Error when git or Redocly cannot read one of the two.
 */
export function contractDiff(repository: string, ref: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'contract-diff-'));
  try {
    if (!checkOut(repository, ref, folder)) {
      console.log(`${ref} has no contract: everything is new.`);
      return 0;
    }
    const run = (...args: string[]): string => redocly(args, repository, folder, ref);
    const contracts = [folder, repository].map((root) => join(root, 'spec', 'openapi.yaml'));
    const compare = (format: string): string => {
      try {
        return run('diff', ...contracts, '--format', format, '--fail-on', 'none');
      } catch (error) {
        // What Redocly cannot read it says well when it bundles, and with a stack when it compares.
        for (const contract of contracts) run('bundle', contract, '--output', join(folder, 'bundle.json'));
        throw error;
      }
    };
    console.log(compare('stylish').trim());
    const { bump, infoVersions } = JSON.parse(compare('json')) as Difference;
    console.log(bump ? `The changes ask for a ${bump} bump.` : 'The contract is the same.');
    if (bump !== 'major' || isMajorBump(infoVersions) || isAnnounced(repository)) return 0;
    console.log(
      `Announce a breaking change: run \`npx -y pnpm@12 changeset\`, choose major for ${broken.join(' and ')}.`,
    );
    return 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes the contract's files of a commit into a folder; `false` where that commit has none. */
function checkOut(repository: string, ref: string, folder: string): boolean {
  const git = (...args: string[]): string => {
    const { status, stdout, stderr, error } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' });
    if (status !== 0) throw error ?? new Error(`git ${args[0]} failed: ${stderr.trim()}`);
    return stdout;
  };
  const paths = git('ls-tree', '-r', '--name-only', ref, 'spec').split('\n');
  const contract = paths.filter((path) => path.endsWith('.yaml'));
  for (const path of contract) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), git('show', `${ref}:${path}`));
  }
  return contract.includes('spec/openapi.yaml');
}

/** Runs Redocly in the repository. In what it prints, the folder of the commit's files goes by the commit's name. */
function redocly(args: string[], repository: string, folder: string, ref: string): string {
  // The rules of today judge both contracts, so the configuration is this repository's.
  const { status, stdout, stderr, error } = runRedocly(
    [...args, '--config', join(specDir, 'redocly.yaml')],
    repository,
  );
  const named = (text: string): string =>
    [folder, relative(repository, folder)].reduce((done, path) => done.replaceAll(join(path, '/'), `${ref}:`), text);
  if (status !== 0) throw new Error(`redocly ${args[0]} failed: ${error?.message || named(stderr || stdout).trim()}`);
  return named(stdout);
}

function isMajorBump({ base, revision }: Difference['infoVersions']): boolean {
  return Number.parseInt(revision, 10) > Number.parseInt(base, 10);
}

/** Whether changesets of a repository announce a major version of everything that a breaking change breaks. */
export function isAnnounced(repository: string): boolean {
  const changesets = globSync('.changeset/*.md', { cwd: repository }).map((path) => {
    const [, frontMatter = ''] = readFileSync(join(repository, path), 'utf8').split(/^---$/m);
    return parse(frontMatter) as Record<string, string> | null;
  });
  return broken.every((name) => changesets.some((bumps) => bumps?.[name] === 'major'));
}

if (import.meta.main) {
  await command(
    usage,
    ({ positionals: [ref, ...others] }) => {
      if (ref === undefined || others.length > 0) throw new Error('name one commit, as in: pnpm contract:diff main');
      return contractDiff(rootDir, ref);
    },
    { allowPositionals: true },
  );
}
