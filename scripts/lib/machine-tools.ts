import { findChromium } from './find-chromium.ts';
import { findExecutable } from './find-executable.ts';

/** The tools that some tests need and this machine may lack. */
export interface MachineTools {
  /** The variables that say so to tests. They are in the cache key: another browser is another run. */
  env: NodeJS.ProcessEnv;
  /** What cannot be tested here, each with what to do. */
  skipped: string[];
}

/** Looks for a browser, for curl, for nginx, and for the platform whose runtimes the tests install. */
export function machineTools(): MachineTools {
  const chromium = findChromium();
  const hasCurl = ['bash', 'curl', 'openssl'].every(findExecutable);
  const hasNginx = ['nginx', 'openssl'].every(findExecutable);
  const skipped: string[] = [];
  if (!chromium) skipped.push('the docs and the client in a browser: install Chromium, or name one in CHROMIUM_PATH');
  if (!hasCurl) skipped.push('the curl samples, and the curl lines of reports: install bash, curl and openssl');
  if (!hasNginx) skipped.push('the server behind nginx, which soak does: install nginx and openssl');
  if (process.platform !== 'linux' || process.arch !== 'x64')
    skipped.push('the client on other runtimes and compilers: they are fetched for Linux on x64 only');
  return {
    env: {
      CHROMIUM_PATH: chromium?.path,
      CHROMIUM_VERSION: chromium?.version,
      HAS_CURL: hasCurl ? 'yes' : undefined,
      HAS_NGINX: hasNginx ? 'yes' : undefined,
    },
    skipped,
  };
}
