import { headerValue } from '../errors/check.ts';
import type { BackupAuth } from './auth.ts';

/**
 * Authenticates with an access token, sent as `Authorization: Bearer+<token>`.
 *
 * @param token The token as it was issued, or a function that gets one. A token that already starts with `Bearer `,
 *   `Bearer+`, `AT ` or `AT+`, in any case, is sent as it is. A function is called once for all calls that wait for
 *   it, and again after the provider refused its token. A token carries the permissions of its holder: keep it out of
 *   source code and logs.
 * @throws TypeError when the token is empty or cannot stand in a header; from the call, where a function gave it.
 */
export function accessToken(token: string | (() => string | Promise<string>)): BackupAuth {
  if (typeof token === 'string') {
    const authorization = authorizationOf(token);
    return { authorize: async () => authorization };
  }
  let current: Promise<string> | undefined;
  return {
    authorize() {
      current ??= (async () => authorizationOf(await token()))();
      // A failure is not kept: the next call asks anew.
      current.catch(() => {
        current = undefined;
      });
      return current;
    },
    async renew(refused) {
      // A call that was refused with an older token must not throw a newer one away.
      if ((await current) === refused) current = undefined;
      return true;
    },
  };
}

// The schemes that the vendor's pages print in front of a token (errata E4). Case does not matter: RFC 9110, 11.1.
const scheme = /^(bearer|at)[ +]/i;

function authorizationOf(token: string): string {
  const [prefix = ''] = scheme.exec(token) ?? [];
  const bare = headerValue('accessToken', prefix ? token.slice(prefix.length) : token);
  return (prefix || 'Bearer+') + bare;
}
