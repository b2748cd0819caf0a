// `pnpm contract:diff <git-ref>`: prints the changes of the contract since a commit, and the semver bump that they
// need.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { runRedocly } from '@koodrive-backup/lib/redocly';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { parse } from 'yaml';
import { judgeChanges } from './contract-diff-compare.ts';
import { announcing, type ContractDiff, type Format, formats, report } from './contract-diff-report.ts';
import { type FoundChange, largest } from './contract-diff-rules.ts';

const usage = `Usage: pnpm contract:diff <git-ref> [--format text|json|markdown]

Compares the contract on disk with the contract of the commit <git-ref>. Prints for each change its impact on callers
and on providers, the operations that it affects, and the semver bump that it needs. The format markdown is for a
comment on a pull request. Default: text.

Exit status: 0 no breaking change, or one that is announced: by a new major version of the contract, or by major
               changesets of ${announcing.join(' and ')}
             1 a breaking change that is not announced
             2 the contracts could not be compared`;

/** The output of Redocly for two contracts. */
interface Difference {
  infoVersions: { base: string; revision: string };
  changes: FoundChange[];
}

/**
 * Compares two contracts.
 *
 * @param repository The root of a git repository with the contract in `spec/`. The files on disk are the new contract.
 * @param ref The commit of the old contract.
 * @throws Error if git or Redocly cannot read one of the two.
 */
export function contractDiff(repository: string, ref: string): ContractDiff {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'contract-diff-')));
  try {
    const files = checkOut(repository, ref, folder);
    const unchanged = { ref, bump: null, callers: null, providers: null, changes: [] };
    if (files.length === 0) return { ...unchanged, outcome: 'new' };
    // Skip Redocly, which takes seconds, because most commits do not change the contract.
    if (files.every((file) => isSame(file, folder, repository))) return { ...unchanged, outcome: 'same' };
    const { infoVersions, changes: found } = difference(repository, ref, folder);
    // Redocly reports the real paths of files.
    const cwd = realpathSync(repository);
    const changes = judgeChanges(found, { cwd, ref, base: join(folder, 'spec'), revision: join(cwd, 'spec') });
    const bump = largest(changes.map((change) => change.bump)) ?? null;
    return {
      ref,
      bump,
      callers: largest(changes.map(({ callers }) => callers.bump)) ?? null,
      providers: largest(changes.map(({ providers }) => providers.bump)) ?? null,
      outcome: outcomeOf(bump, infoVersions, repository),
      changes,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the outcome for a bump. A major version of the contract or major changesets announce a breaking change. */
export function outcomeOf(
  bump: ContractDiff['bump'],
  versions: Difference['infoVersions'],
  repository: string,
): ContractDiff['outcome'] {
  if (bump === null) return 'same';
  if (bump !== 'major') return 'compatible';
  return isMajorBump(versions) || isAnnounced(repository) ? 'announced' : 'unannounced';
}

/** Runs Redocly to compare the old contract, in `folder`, with the contract of the repository. */
function difference(repository: string, ref: string, folder: string): Difference {
  const contracts = [folder, repository].map((root) => join(root, 'spec', 'openapi.yaml'));
  const args = ['diff', ...contracts, '--format', 'json', '--fail-on', 'none'];
  const { status, stdout, stderr, error } = runRedocly(args, repository);
  if (status === 0) return JSON.parse(stdout) as Difference;
  // Show the name of the commit in messages, instead of the temporary folder of its files.
  const message = [folder, relative(repository, folder)].reduce(
    (done, path) => done.replaceAll(join(path, '/'), `${ref}:`),
    stderr,
  );
  throw new Error(
    `redocly diff failed: ${error?.message || withoutStack(message.replaceAll(join(repository, '/'), ''))}`,
  );
}

/** Removes the stack trace from Redocly's message about a file that it cannot parse. */
const withoutStack = (message: string): string =>
  message
    .replace(/^An unexpected error occurred.*\n/, '')
    .replace(/^ +at .*\n?/gm, '')
    .replace(/^Error: /, '')
    .trim();

/**
 * Writes the contract of a commit into a folder. Returns the paths of its files, none if the commit has no contract.
 */
function checkOut(repository: string, ref: string, folder: string): string[] {
  const git = (...args: string[]): string => {
    const { status, stdout, stderr, error } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' });
    if (status !== 0) throw error ?? new Error(`git ${args[0]} failed: ${stderr.trim().split('\n')[0]}`);
    return stdout;
  };
  const paths = git('ls-tree', '-r', '--name-only', ref, 'spec').split('\n');
  const contract = paths.filter((path) => path.endsWith('.yaml'));
  for (const path of contract) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), git('show', `${ref}:${path}`));
  }
  return contract.includes('spec/openapi.yaml') ? contract : [];
}

/** Whether two folders have the same file at a path. */
function isSame(path: string, ...folders: [string, string]): boolean {
  const [one, other] = folders
    .map((folder) => join(folder, path))
    .map((file) => existsSync(file) && readFileSync(file));
  return one && other ? one.equals(other) : false;
}

function isMajorBump({ base, revision }: Difference['infoVersions']): boolean {
  return Number.parseInt(revision, 10) > Number.parseInt(base, 10);
}

/** Whether the changesets of a repository announce a major version of every package in {@link announcing}. */
export function isAnnounced(repository: string): boolean {
  const changesets = globSync('.changeset/*.md', { cwd: repository }).map((path) => {
    const [, frontMatter = ''] = readFileSync(join(repository, path), 'utf8').split(/^---$/m);
    return parse(frontMatter) as Record<string, string> | null;
  });
  return announcing.every((name) => changesets.some((bumps) => bumps?.[name] === 'major'));
}

/**
 * Runs `pnpm contract:diff`.
 *
 * @param repository See {@link contractDiff}.
 * @param args The arguments of the command.
 */
export async function contractDiffCommand(repository: string, args: string[]): Promise<void> {
  await command(
    usage,
    ({ positionals: [ref, ...others], values: { format } }) => {
      if (ref === undefined || others.length > 0)
        throw new Error('needs one commit, for example: pnpm contract:diff main');
      if (!isFormat(format)) throw new Error(`--format must be ${formats.join(', ')}, not '${format}'`);
      const diff = contractDiff(repository, ref);
      console.log(report(diff, format));
      return diff.outcome === 'unannounced' ? 1 : 0;
    },
    { args, allowPositionals: true, options: { format: { type: 'string', default: 'text' } } },
  );
}

const isFormat = (format: string): format is Format => formats.some((known) => known === format);

if (import.meta.main) await contractDiffCommand(rootDir, process.argv.slice(2));
