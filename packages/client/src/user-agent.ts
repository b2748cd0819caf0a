import { clientVersion } from './version.gen.ts';

/**
 * The headers by which the client introduces itself, unless the application has chosen its own. A browser sends a
 * User-Agent of its own: CORS would have to allow this one, and so would refuse the request.
 */
export function introduction(): Record<string, string> {
  const accept = 'application/json';
  const isBrowser = /^Mozilla/.test(globalThis.navigator?.userAgent);
  return isBrowser ? { accept } : { accept, 'user-agent': `koodrive-backup-client/${clientVersion}` };
}
