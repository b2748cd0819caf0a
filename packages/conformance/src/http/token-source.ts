import { sentValue } from '../requests/call.ts';
import { dateSeconds } from '../requests/lifetimes.ts';
import { type Clock, timeOf } from './clock.ts';
import type { Exchange, Identity } from './exchange.ts';

/** Holds the latest token of the main user, and gets a new one when it has expired. */
export interface TokenSource {
  /** Returns the identity with its latest token in place of the token from the user. */
  latest(identity: Identity): Identity;
  /**
   * Sends a request, and sends it again with a new token if its token has expired.
   *
   * @param onRepeated Called with the exchange whose request is sent again.
   */
  sendRenewed(send: () => Promise<Exchange>, onRepeated: (exchange: Exchange) => void): Promise<Exchange>;
}

/** The least time between two renewals, in milliseconds. A 401 to a newer token has another cause. */
const leastMs = 60_000;

/**
 * Creates the source of the main user's tokens.
 *
 * @param renew Returns a new token. Without it, the token never changes.
 */
export function createTokenSource(
  main: Identity,
  clock: Clock,
  renew: (() => Promise<string>) | undefined,
): TokenSource {
  const given = main.token;
  let token = given;
  let renewedAt = Number.NEGATIVE_INFINITY;
  let renewing: Promise<void> | undefined;

  async function renewNow(by: () => Promise<string>): Promise<void> {
    renewedAt = performance.now();
    token = await by();
  }

  /** Whether a request was refused because of its token: its X-Date and X-User-Id are right. */
  function isExpired({ answer, judgement, credential, identity, call }: Exchange): boolean {
    const isRefused = answer?.status === 401 || judgement.envelope?.code === 401;
    if (!isRefused || credential !== 'token' || identity.token !== given) return false;
    const time = timeOf(sentValue(call, 'header', 'X-Date') ?? '');
    const { earliest, latest } = clock.now();
    const isInTime = time <= earliest && time > latest - dateSeconds * 1000;
    return isInTime && sentValue(call, 'header', 'X-User-Id') === main.userId;
  }

  return {
    latest: (identity) => (identity.token === given && token !== undefined ? { ...identity, token } : identity),
    async sendRenewed(send, onRepeated) {
      const sentWith = token;
      const exchange = await send();
      if (!renew || !isExpired(exchange)) return exchange;
      const isRecent = performance.now() - renewedAt < leastMs;
      if (!isRecent) {
        renewing ??= renewNow(renew).finally(() => {
          renewing = undefined;
        });
      }
      await renewing;
      if (token === sentWith) return exchange;
      onRepeated(exchange);
      return send();
    },
  };
}
