import type { BackupAuth } from './auth.ts';

// The schemes that the vendor's pages print in front of a token (errata E4). Case does not matter: RFC 9110, 11.1.
const scheme = /^(bearer|at)[ +]/i;

/**
 * Authenticates with an access token, sent as `Authorization: Bearer+<token>`.
 *
 * @param token The token as it was issued. One that already starts with `Bearer `, `Bearer+`, `AT ` or `AT+`, in any
 *   case, is sent as it is. It carries the permissions of its holder: keep it out of source code and logs.
 * @throws TypeError when the token is empty.
 */
export function accessToken(token: string): BackupAuth {
  if (token === '') throw new TypeError('accessToken: the token is empty.');
  const authorization = scheme.test(token) ? token : `Bearer+${token}`;
  return { authorize: async () => authorization };
}
