import { clientVersion } from './version.gen.ts';

/**
 * Returns the headers that name the client and what it accepts, unless the application has its own. In a browser there
 * is no User-Agent among them: the browser sends its own, and CORS would refuse a request with another one.
 */
export function introduction(): Record<string, string> {
  const accept = 'application/json';
  const isBrowser = /^Mozilla/.test(globalThis.navigator?.userAgent);
  return isBrowser ? { accept } : { accept, 'user-agent': `koodrive-backup-client/${clientVersion}` };
}
