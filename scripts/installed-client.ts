import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
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
 * Packs a package as it would be published.
 *
 * @param name Its folder, from the root of the repository.
 * @param folder Where the tarball goes.
 */
export function pack(name: string, folder: string): Tarball {
  return JSON.parse(pnpm(['pack', '--json', '--pack-destination', folder], join(rootDir, name)));
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
