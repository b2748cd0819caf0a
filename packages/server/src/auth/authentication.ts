import type { IncomingMessage } from 'node:http';
import type { Authenticated, Provider } from '@koodrive-backup/spec/front';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { type Store, StoreUnavailable } from '../store/store.ts';
import type { KeyRing } from './key-ring.ts';
import { findTokenSql, hashToken, tokenMs } from './tokens.ts';
import { createVerifySignature, parseSignature } from './verify-signature.ts';
import { timeOfXDate } from './x-date.ts';

/** How old X-Date may be, in milliseconds. */
const windowMs = contract.components.parameters.Date['x-lifetime-seconds'] * 1000;

/**
 * How long a token that was read is remembered, in milliseconds, so that a busy client's token is not read each time.
 */
const rememberedMs = 1000;
/** The most tokens that are remembered. */
const mostRemembered = 10_000;

// One answer for every bad credential, so that it does not reveal who exists.
const unknown = { refusal: 'header.Authorization is no valid credential of the user in header.X-User-Id' };
// The log says more than the answer, because only the operator of the proxy can fix this.
const unverified = {
  ...unknown,
  reason: `${unknown.refusal}: its app signature does not match. If a proxy is in front, it may have changed Host, another signed header, the path or the query`,
};
const outOfTime = { refusal: `header.X-Date must not be later than now, nor older than ${windowMs / 60_000} minutes` };

/**
 * Creates the function that authenticates requests as the vendor's page says: by access token or app signature, for the
 * user in X-User-Id, at the time in X-Date. It does the same work for users that exist and users that do not.
 *
 * @param now The clock, in milliseconds since the Unix epoch.
 */
export function createAuthenticate(store: Store, keys: KeyRing, now: () => number): Provider<string>['authenticate'] {
  const verifySignature = createVerifySignature(store, keys, now);
  const remembered = new Map<string, Token>();
  const finding = new Map<string, Promise<Token | undefined>>();
  const prolonging = new Map<string, Promise<number | undefined>>();

  /** Finds a token. Uses a remembered one for its own user only, so that every refused request costs the same work. */
  async function findToken(token: string, askedBy: unknown): Promise<Token | undefined> {
    const hash = hashToken(token);
    const known = remembered.get(hash);
    if (known && known.userId === askedBy && isFresh(known)) return known;
    // One read for all requests that ask at the same time, so that together they prolong the token only once.
    const begun = finding.get(hash) ?? readToken(hash).finally(() => finding.delete(hash));
    finding.set(hash, begun);
    return begun;
  }

  async function readToken(hash: string): Promise<Token | undefined> {
    // Taken before the read: a token that is revoked during the read may still be found, and must be forgotten within a
    // second after its revocation.
    const readAt = now();
    const [row] = await store.read(findTokenSql, hash);
    if (!row || Number(row.expires_at) <= now()) return undefined;
    const endsAt = row.ends_at == null ? Number.POSITIVE_INFINITY : Number(row.ends_at);
    const found = { hash, userId: String(row.user_id), expiresAt: Number(row.expires_at), endsAt, readAt };
    const [longestKnown = hash] = remembered.keys();
    if (remembered.size >= mostRemembered) remembered.delete(longestKnown);
    remembered.set(hash, found);
    return found;
  }

  function isFresh({ readAt, expiresAt }: Token): boolean {
    const time = now();
    return readAt <= time && time < readAt + rememberedMs && time < expiresAt;
  }

  /**
   * Prolongs a token, once for all requests that use it at the same time. Ignores a store that cannot write now (its
   * disk may be full): a valid token must still be able to read.
   */
  async function prolong(token: Token): Promise<void> {
    const { hash } = token;
    const begun =
      prolonging.get(hash) ?? store.transact('prolongToken', hash, now()).finally(() => prolonging.delete(hash));
    prolonging.set(hash, begun);
    try {
      // A token that was revoked meanwhile expires at once.
      token.expiresAt = (await begun) ?? 0;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  /** Compares the user of a request with that of its credential, and its X-Date with the clock. */
  function judge({ headers }: IncomingMessage, userId: string | undefined): Authenticated<string> {
    const { 'x-user-id': asked, 'x-date': date = '' } = headers;
    // A missing X-User-Id passes here: the contract check refuses it next and names the header.
    if (userId === undefined || (asked && asked !== userId)) return unknown;
    const time = timeOfXDate(`${date}`);
    // An X-Date that is missing or malformed passes for the same reason.
    if (time !== undefined && !(time <= now() && time >= now() - windowMs)) return outOfTime;
    return { caller: userId };
  }

  return async ({ request }) => {
    const { authorization = '', 'x-user-id': asked } = request.headers;
    const signed = parseSignature(authorization);
    if (signed) {
      return async (body) => {
        const userId = await verifySignature(signed, request, body);
        return userId === undefined ? unverified : judge(request, userId);
      };
    }
    const [, bare] = /^(?:bearer|at)[ +](.+)$/is.exec(authorization) ?? [];
    const token = bare === undefined ? undefined : await findToken(bare, asked);
    const judged = judge(request, token?.userId);
    // Only an accepted request counts as a use, and prolongs the token.
    if (!token || 'refusal' in judged || token.expiresAt >= Math.min(now() + tokenMs, token.endsAt)) return judged;
    await prolong(token);
    return token.expiresAt > now() ? judged : unknown;
  };
}

interface Token {
  hash: string;
  userId: string;
  /** In milliseconds since the Unix epoch, like all times here. */
  expiresAt: number;
  /** When the token ends, even if it is in use. */
  endsAt: number;
  readAt: number;
}
