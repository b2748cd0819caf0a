import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packBuilt, pnpm, type Tarball } from '@koodrive-backup/lib/pack';
import type { TestProject } from 'vitest/node';
import { consumers, hasConsumers } from './consumers.ts';

/** Prepares once what several test files share: the packed packages, and the runtimes that are not in the workspace. */
export function setup({ provide }: TestProject): () => void {
  if (hasConsumers) installConsumers();
  const folder = mkdtempSync(join(tmpdir(), 'e2e-packed-'));
  provide('tarballs', packBuilt(folder));
  return () => rmSync(folder, { recursive: true });
}

function installConsumers(): void {
  const lockfile = join(consumers, 'pnpm-lock.yaml');
  const installed = join(consumers, 'node_modules', '.installed.yaml');
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lockfile))) return;
  pnpm(['install', '--ignore-workspace', '--frozen-lockfile', '--prefer-offline'], consumers);
  cpSync(lockfile, installed);
}

declare module 'vitest' {
  interface ProvidedContext {
    /** All published packages, packed as they are built. */
    tarballs: Tarball[];
  }
}
