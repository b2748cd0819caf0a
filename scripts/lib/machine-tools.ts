import { findChromium } from './find-chromium.ts';
import { findExecutable } from './find-executable.ts';

/** Which of the tools that some tests need are installed. */
export interface MachineTools {
  /**
   * Variables that tell the tests what is installed. Turbo has them in the cache key: another browser is another run.
   */
  env: NodeJS.ProcessEnv;
  /** What cannot be tested on this machine, each with the tool to install. */
  skipped: string[];
}

/**
 * Looks for a browser, curl, Python and nginx, and checks whether the tests can install other runtimes on this
 * platform.
 */
export function machineTools(): MachineTools {
  const chromium = findChromium();
  const hasCurl = ['bash', 'curl', 'openssl'].every(findExecutable);
  const hasPython = findExecutable('python3') !== undefined;
  const hasNginx = ['nginx', 'openssl'].every(findExecutable);
  const skipped: string[] = [];
  if (!chromium) skipped.push('the docs and the client in a browser: install Chromium, or name one in CHROMIUM_PATH');
  if (!hasCurl) skipped.push('the curl samples, and the curl lines of reports: install bash, curl and openssl');
  if (!hasPython) skipped.push('the Python samples: install python3');
  if (!hasNginx) skipped.push('the server behind nginx, a part of soak: install nginx and openssl');
  if (process.platform !== 'linux' || process.arch !== 'x64')
    skipped.push('the client on other runtimes and compilers: the tests install them on Linux on x64 only');
  return {
    env: {
      CHROMIUM_PATH: chromium?.path,
      CHROMIUM_VERSION: chromium?.version,
      HAS_CURL: hasCurl ? 'yes' : undefined,
      HAS_PYTHON: hasPython ? 'yes' : undefined,
      HAS_NGINX: hasNginx ? 'yes' : undefined,
    },
    skipped,
  };
}
