import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { rootDir } from './workspace.ts';

/** A packed package, as `pnpm pack --json` describes it. */
export interface Tarball {
  name: string;
  filename: string;
  files: { path: string }[];
}

interface Manifest {
  name: string;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
}

/** The folders of the published packages, relative to the root of the repository. */
export const publishedFolders: string[] = globSync('{spec,packages/*}/package.json', { cwd: rootDir }).map(dirname);

/** Runs pnpm: the one that started this process, or `npx pnpm@12` if pnpm did not start it. Returns the output. */
export function pnpm(args: string[], cwd: string): string {
  const { npm_execpath: path = '' } = process.env;
  const isPnpm = basename(path).startsWith('pnpm');
  const [command = '', ...first] = isPnpm ? (/\.[cm]?js$/.test(path) ? [process.execPath, path] : [path]) : npx;
  return execFileSync(command, [...first, ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const npx = ['npx', '-y', 'pnpm@12'];

/**
 * Copies every file of this repository that git tracks or does not ignore: a clone with the uncommitted edits.
 *
 * @param parent The folder in which the clone's folder is created.
 * @returns The path of the clone.
 */
export function cloneRepository(parent: string): string {
  const clone = mkdtempSync(join(parent, 'clone-'));
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: rootDir, encoding: 'utf8' });
  const paths = git('ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate').split('\0');
  for (const path of paths.filter((path) => path !== '' && existsSync(join(rootDir, path)))) {
    cpSync(join(rootDir, path), join(clone, path));
  }
  return clone;
}

/**
 * Packs all published packages as they are built. Runs no `prepack`, because that empties `dist` while other tests use
 * it.
 *
 * @param folder The folder for the tarballs.
 */
export function packBuilt(folder: string): Tarball[] {
  const filters = publishedFolders.map((path) => `--filter=./${path}`);
  return JSON.parse(
    pnpm([...filters, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder], rootDir),
  ) as Tarball[];
}

/**
 * Unpacks packed packages into the `node_modules` of a folder. Links their dependencies and commands as an installation
 * would, but needs no registry.
 *
 * @param folder The folder of an application.
 * @param tarballs The packed packages. If one of them depends on another published package, that one must be here too.
 */
export function unpackInto(folder: string, tarballs: Tarball[]): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  for (const { name, filename } of tarballs) {
    const target = join(modules, name);
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', filename, '-C', target, '--strip-components=1']);
    const { bin = {}, dependencies = {} } = manifestOf(target);
    for (const dependency of Object.keys(dependencies)) {
      if (tarballs.some((tarball) => tarball.name === dependency)) continue;
      link(join(sourceOf(name), 'node_modules', dependency), join(modules, dependency));
    }
    for (const [command, file] of Object.entries(bin)) {
      chmodSync(join(target, file), 0o755);
      link(join(target, file), join(modules, '.bin', command));
    }
  }
}

/** Creates a link at `path` to the real path of `target`, unless `path` exists. */
export function link(target: string, path: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(realpathSync(target), path, 'junction');
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Returns the folder in this repository of a published package. */
function sourceOf(name: string): string {
  const folder = publishedFolders.map((path) => join(rootDir, path)).find((path) => manifestOf(path).name === name);
  if (folder === undefined) throw new Error(`${name} is not a published package of this repository`);
  return folder;
}

/**
 * Creates an empty folder and installs a packed package there with pnpm.
 *
 * @param parent The folder in which the new folder is created.
 * @returns The path of the new folder.
 */
export function installInEmptyFolder(parent: string, tarball: Tarball): string {
  const consumer = mkdtempSync(join(parent, 'consumer-'));
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }');
  pnpm(['add', '--prefer-offline', '--ignore-workspace', tarball.filename], consumer);
  return consumer;
}
