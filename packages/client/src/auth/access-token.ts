import { onAbort } from '../deadline.ts';
import { check, headerValue } from '../errors/check.ts';
import type { AuthContext, BackupAuth } from './auth.ts';

/**
 * Gets an access token.
 *
 * @param context The user whose token is needed, and a signal that is aborted when no call waits for the token any
 *   more.
 */
export type GetToken = (context: AuthContext) => string | Promise<string>;

/** A user's login, whose token was fetched or is still being fetched. */
interface Login {
  /** The value of Authorization with the token; `undefined` until the token has arrived. */
  authorization?: string;
  /** Resolves to `authorization`. `undefined` while the function that gets the token has not returned. */
  coming?: Promise<string>;
  /** How many attempts wait for the token. */
  waiting: number;
  controller: AbortController;
}

// More users than one process is likely to serve at once. The oldest login is forgotten first.
const mostUsers = 10_000;

/**
 * Authenticates with an access token, sent as `Authorization: Bearer+<token>`.
 *
 * @param token The token as it was issued, or a function that gets one. A token that already starts with `Bearer `,
 *   `Bearer+`, `AT ` or `AT+`, in upper or lower case, is sent as it is. A function is called once for all calls of a
 *   user that wait for its token. It is called again after the provider refused the token, after the function failed,
 *   and after a call gave up waiting. A token carries the permissions of its holder: keep it out of source code and
 *   logs.
 * @throws TypeError if the token is empty or is not a valid header value. If a function returned it, the call throws
 *   BackupAuthError instead.
 */
export function accessToken(token: string | GetToken): BackupAuth {
  if (typeof token === 'function') return tokenPerUser(token);
  const authorization = authorizationOf(token);
  return { authorize: () => authorization };
}

function tokenPerUser(getToken: GetToken): BackupAuth {
  const logins = new Map<string, Login>();

  function forget(userId: string, login: Login): void {
    if (logins.get(userId) === login) logins.delete(userId);
  }

  function start(userId: string): Login {
    const controller = new AbortController();
    const login: Login = { controller, waiting: 0 };
    // Store the login before the function runs: if the function calls the client itself, it must not be called again.
    logins.set(userId, login);
    const logIn = async (): Promise<string> => authorizationOf(await getToken({ userId, signal: controller.signal }));
    login.coming = logIn();
    login.coming.then(
      (authorization) => {
        login.authorization = authorization;
      },
      // Do not keep a failure: the next call has to ask again.
      () => forget(userId, login),
    );
    const [oldest = userId] = logins.keys();
    if (logins.size > mostUsers) logins.delete(oldest);
    return login;
  }

  async function waitFor(login: Login, { userId, signal }: AuthContext): Promise<string> {
    check(login.coming, 'the function of accessToken must not call the client that waits for its token');
    const giveUp = (): void => {
      // Later calls must not wait for a login that may never end.
      forget(userId, login);
      login.waiting -= 1;
      if (login.waiting === 0) login.controller.abort(signal.reason);
    };
    login.waiting += 1;
    return login.coming.finally(onAbort(signal, giveUp));
  }

  return {
    authorize(_request, context) {
      const login = logins.get(context.userId) ?? start(context.userId);
      return login.authorization ?? waitFor(login, context);
    },
    renew(refused, { userId }) {
      // A call that was refused with an older token must not discard a newer one.
      if (logins.get(userId)?.authorization === refused) logins.delete(userId);
      return true;
    },
  };
}

// The schemes that the vendor's pages print in front of a token (errata E4), compared without regard to case.
const scheme = /^(bearer|at)[ +]/i;

function authorizationOf(token: string): string {
  check(typeof token === 'string', 'accessToken must be a string, or a function that returns one');
  const [prefix = ''] = scheme.exec(token) ?? [];
  const bare = headerValue('accessToken', prefix ? token.slice(prefix.length) : token);
  return (prefix || 'Bearer+') + bare;
}
