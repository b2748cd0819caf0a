import { type Call, pathOf, queryOf } from '../requests/call.ts';
import { appAuthorization, type Pairs, type Signed, signedNames } from './app-signature.ts';
import type { Exchange, Identity, SendOptions } from './exchange.ts';
import type { WireRequest } from './wire.ts';

/** Returns the request that sends a call as an identity, with its credential. */
export function outgoing(call: Call, baseUrl: URL, sending: SendOptions, identity: Identity): WireRequest {
  const { method, headers, query, body } = call;
  const path = pathOf(call);
  const prefix = baseUrl.pathname.replace(/\/$/, '');
  const signed = { method, path: prefix + path, query, headers: [['Host', baseUrl.host] as const, ...headers], body };
  const { authorize = (what) => authorizationOf(identity, what) } = sending;
  const authorizations = sending.authorizations ?? [authorize(signed)];
  const credentials: Pairs = authorizations.map((value) => ['Authorization', value] as const);
  return { method, target: path + queryOf(call), headers: [...credentials, ...headers], body };
}

/** Returns which unchanged credential of the identity a request carries; `undefined` if another replaces it. */
export function credentialOf({ token }: Identity, { authorizations, authorize }: SendOptions): Exchange['credential'] {
  if (authorizations || authorize) return undefined;
  return token === undefined ? 'app' : 'token';
}

/** Returns the header Authorization of an identity: its token if it has one, otherwise a signature. */
function authorizationOf({ token, app }: Identity, signed: Signed): string {
  if (token !== undefined) return tokenAuthorization(token);
  if (!app) throw new Error('an identity needs a token or an app');
  return appAuthorization(app, signed, signedNames(signed.headers));
}

/** Returns the header Authorization for a token. A token that carries a scheme is sent unchanged (errata, E4). */
export function tokenAuthorization(token: string): string {
  return /^(bearer|at)[ +]/i.test(token) ? token : `Bearer+${token}`;
}
