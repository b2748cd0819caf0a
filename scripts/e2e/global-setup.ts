import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packBuilt, pnpm, type Tarball } from '@koodrive-backup/lib/pack';
import { type BrowserServer, chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { consumers, hasConsumers } from './consumers.ts';

/**
 * Prepares once what several test files share: the packed packages, the consumers, and the browser.
 */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  if (hasConsumers) installConsumers();
  const folder = mkdtempSync(join(tmpdir(), 'e2e-packed-'));
  provide('tarballs', packBuilt(folder));
  const browser = await startBrowser();
  if (browser) provide('browserUrl', browser.wsEndpoint());
  return async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  };
}

/** Starts Chromium, if this machine has one. */
async function startBrowser(): Promise<BrowserServer | undefined> {
  const { CHROMIUM_PATH: executablePath } = process.env;
  if (!executablePath) return undefined;
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
  return chromium.launchServer({ executablePath, args });
}

function installConsumers(): void {
  const lockfile = join(consumers, 'pnpm-lock.yaml');
  const installed = join(consumers, 'node_modules', '.installed.yaml');
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lockfile))) return;
  // Ignore install scripts: no consumer needs them, and pnpm fails if one is neither allowed nor ignored.
  const flags = ['--ignore-workspace', '--frozen-lockfile', '--prefer-offline', '--ignore-scripts'];
  pnpm(['install', ...flags], consumers);
  cpSync(lockfile, installed);
}

declare module 'vitest' {
  interface ProvidedContext {
    /** All published packages, packed. */
    tarballs: Tarball[];
    /** URL at which playwright reaches the browser of this run. */
    browserUrl?: string;
  }
}
