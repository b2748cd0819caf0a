import { check } from './errors/check.ts';

/**
 * Checks a provider's address.
 *
 * @returns The address without a slash at its end.
 * @throws TypeError if the address is not an absolute http or https URL, if it has a query, a fragment or a credential,
 *   or if it would send credentials unencrypted to another host than this machine and `allowInsecure` is not set.
 */
export function checkedBaseUrl(baseUrl: string, allowInsecure?: boolean): string {
  check(/^https?:\/\/[^?#@]+$/i.test(baseUrl), 'baseUrl must be an http(s) URL without credential, query, fragment');
  const { href, protocol, hostname } = parsed(baseUrl);
  const isSafe = protocol === 'https:' || isThisMachine(hostname);
  check(isSafe || allowInsecure, 'baseUrl must be https, unless allowInsecure is set');
  return href.replace(/\/+$/, '');
}

function parsed(baseUrl: string): URL {
  try {
    return new URL(baseUrl);
  } catch {
    throw new TypeError('baseUrl is not a URL: check its host and its port');
  }
}

/**
 * Whether a host is always this machine (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3).
 */
const isThisMachine = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  /^127(\.\d+){3}$/.test(hostname) ||
  hostname === '[::1]';
