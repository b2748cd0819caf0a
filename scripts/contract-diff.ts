// `pnpm contract:diff <git-ref>`: what changed in the contract since a commit, and which semver bump it asks for.
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { command } from './command.ts';
import { redocly, redoclyEnv, rootDir, specDir } from './workspace.ts';

const usage = `Usage: pnpm contract:diff <git-ref>

Compares the contract with that of <git-ref> and prints each change with the semver bump that it asks for.

Exit codes: 0 no breaking change, or one that a major changeset of @koodrive-backup/spec announces
            1 a breaking change without a major changeset
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
    const base = bundle(join(folder, 'spec'), join(folder, 'base.json'));
    const revision = bundle(join(repository, 'spec'), join(folder, 'revision.json'));
    console.log(compare(base, revision, 'stylish').trim());
    const { bump, infoVersions } = JSON.parse(compare(base, revision, 'json')) as Difference;
    console.log(bump ? `The changes ask for a ${bump} bump.` : 'The contract is the same.');
    if (bump !== 'major' || isMajorBump(infoVersions) || hasMajorChangeset(repository)) return 0;
    console.log(
      "Announce a breaking change: run `npx -y pnpm@12 changeset`, choose major for '@koodrive-backup/spec'.",
    );
    return 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes the contract's files of a commit into a folder; `false` where that commit has none. */
function checkOut(repository: string, ref: string, folder: string): boolean {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const paths = git('ls-tree', '-r', '--name-only', ref, 'spec').split('\n');
  const contract = paths.filter((path) => path.endsWith('.yaml'));
  for (const path of contract) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), git('show', `${ref}:${path}`));
  }
  return contract.includes('spec/openapi.yaml');
}

function bundle(spec: string, output: string): string {
  run(['bundle', join(spec, 'openapi.yaml'), '--output', output]);
  return output;
}

const compare = (base: string, revision: string, format: string): string =>
  run(['diff', base, revision, '--format', format, '--fail-on', 'none']);

function run(args: string[]): string {
  // The rules of today judge both contracts, so the configuration is this repository's.
  const { status, stdout, stderr, error } = spawnSync(redocly, [...args, '--config', join(specDir, 'redocly.yaml')], {
    env: redoclyEnv,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`redocly ${args[0]} failed: ${error?.message || stderr || stdout}`);
  return stdout;
}

function isMajorBump({ base, revision }: Difference['infoVersions']): boolean {
  return Number.parseInt(revision, 10) > Number.parseInt(base, 10);
}

function hasMajorChangeset(repository: string): boolean {
  return globSync('.changeset/*.md', { cwd: repository }).some((path) => {
    const [, frontMatter = ''] = readFileSync(join(repository, path), 'utf8').split(/^---$/m);
    const bumps = parse(frontMatter) as Record<string, string> | null;
    return bumps?.['@koodrive-backup/spec'] === 'major';
  });
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
