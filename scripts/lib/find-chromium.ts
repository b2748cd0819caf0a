import { spawnSync } from 'node:child_process';
import { findExecutable, isExecutable } from './find-executable.ts';

/** An installed browser. */
export interface Browser {
  path: string;
  version: string;
}

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const applications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Finds a Chromium: the one that CHROMIUM_PATH names, otherwise one under the usual names and paths.
 *
 * @returns The first that starts, or `undefined` if none does.
 */
export function findChromium(): Browser | undefined {
  for (const path of candidates()) {
    const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { path, version: stdout.trim() };
  }
  return undefined;
}

function candidates(): string[] {
  const { CHROMIUM_PATH: named } = process.env;
  if (named) return [named];
  return [...names.map(findExecutable), ...applications.filter(isExecutable)].filter((path) => path !== undefined);
}
