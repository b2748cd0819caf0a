import { check } from './errors/check.ts';

/**
 * Checks a provider's address.
 *
 * @returns The address without a slash at its end.
 * @throws TypeError when it is no absolute http or https URL, has a query, a fragment or a credential, or would send
 *   credentials in the clear to another host than this machine without `allowInsecure`.
 */
export function checkedBaseUrl(baseUrl: string, allowInsecure?: boolean): string {
  check(/^https?:\/\/[^?#@]+$/i.test(baseUrl), 'baseUrl must be a http(s) URL without credential, query, fragment');
  const { href } = new URL(baseUrl);
  const isSafe = /^https|^http:..(([^/]*\.)?localhost|127(\.\d+){3}|\[::1])(:\d+)?\//.test(href);
  check(isSafe || allowInsecure, 'baseUrl must be https, or allowInsecure set');
  return href.replace(/\/+$/, '');
}
