import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { link, pnpm } from '@koodrive-backup/lib/pack';
import { specDir } from '@koodrive-backup/lib/workspace';
import { peersDir } from './peers.ts';
import { type Outcome, reasonOf } from './table.ts';
import type { Tool } from './tool.ts';

/**
 * Installs the tools, and tries each of them with each of its files.
 *
 * @param tell Called with a line of progress before each try.
 */
export async function tryTools(tools: Tool[], tell: (line: string) => void): Promise<Outcome[]> {
  pnpm(['install', '--frozen-lockfile', '--prefer-offline'], peersDir);
  const outcomes: Outcome[] = [];
  for (const tool of tools) {
    const failures = new Map<string, string>();
    for (const file of tool.files) {
      tell(`${tool.name}: ${file}`);
      const trial = inFolder((folder) => tool.run({ file: join(specDir, 'dist', file), folder }));
      await trial.catch((error: unknown) => failures.set(file, reasonOf(error)));
    }
    outcomes.push({ tool, failures });
  }
  return outcomes;
}

/** Runs `work` in an empty folder of this package, in which the tools can be imported. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const dist = join(import.meta.dirname, '..', 'dist');
  mkdirSync(dist, { recursive: true });
  const folder = mkdtempSync(join(dist, 'tools-'));
  try {
    link(join(peersDir, 'node_modules'), join(folder, 'node_modules'));
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
