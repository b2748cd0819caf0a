import { spawnSync } from 'node:child_process';

/** A browser that the machine has. */
export interface Browser {
  path: string;
  version: string;
}

const candidates = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Finds a Chromium: the one that CHROMIUM_PATH names, else one of those that systems install.
 *
 * @returns The first that starts, or `undefined`.
 */
export function findChromium(): Browser | undefined {
  const named = process.env.CHROMIUM_PATH;
  for (const path of named ? [named] : candidates) {
    const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { path: absolute(path), version: stdout.trim() };
  }
  return undefined;
}

/** Playwright starts a browser by its path, not by its name. */
function absolute(command: string): string {
  if (command.includes('/')) return command;
  return spawnSync('which', [command], { encoding: 'utf8' }).stdout.trim();
}
