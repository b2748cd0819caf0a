import { clientVersion } from './version.gen.ts';

/** The name of this package, as User-Agent has it. */
const product = `koodrive-backup-client/${clientVersion}`;

/** A browser sends a User-Agent of its own. CORS would have to allow this one, and so would refuse the request. */
const isBrowser = (): boolean => /^Mozilla/.test(globalThis.navigator?.userAgent);

/** Sets Accept and User-Agent, unless the application has chosen its own. */
export function introduce(headers: Headers): void {
  if (!headers.has('Accept')) headers.set('Accept', 'application/json');
  if (!headers.has('User-Agent') && !isBrowser()) headers.set('User-Agent', product);
}
