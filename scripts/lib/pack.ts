import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from './workspace.ts';

/** What `pnpm pack --json` says of the package that it made. */
export interface Tarball {
  filename: string;
  files: { path: string }[];
}

/** Runs the pnpm that runs this. */
export function pnpm(args: string[], cwd: string): string {
  const { npm_execpath: path = 'pnpm' } = process.env;
  const [command, ...first] = /\.[cm]?js$/.test(path) ? [process.execPath, path] : [path];
  return execFileSync(command, [...first, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Copies what git has, or would take, of this repository: a clone, edits included.
 *
 * @param parent Where the folder is made.
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

/** Like {@link cloneRepository}, with the dependencies installed. */
export function freshClone(parent: string): string {
  const clone = cloneRepository(parent);
  pnpm(['install', '--frozen-lockfile', '--prefer-offline'], clone);
  return clone;
}

/**
 * Packs a package as it would be published, building it first.
 *
 * @param packageFolder Its folder.
 * @param folder Where the tarball goes.
 * @param flags Flags of `pnpm pack`, beside those.
 */
export function pack(packageFolder: string, folder: string, ...flags: string[]): Tarball {
  return JSON.parse(pnpm(['pack', '--json', '--pack-destination', folder, ...flags], packageFolder));
}

/**
 * Makes a folder that is empty but for the packed client, installed.
 *
 * @param parent Where the folder is made.
 * @param tarball The packed client.
 */
export function installClient(parent: string, tarball: Tarball): string {
  const consumer = mkdtempSync(join(parent, 'consumer-'));
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }');
  pnpm(['add', '--prefer-offline', '--ignore-workspace', tarball.filename], consumer);
  return consumer;
}
