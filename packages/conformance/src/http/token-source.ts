import { sentValue } from '../requests/call.ts';
import { dateSeconds } from '../requests/lifetimes.ts';
import { type Clock, timeOf } from './clock.ts';
import type { Exchange, Identity } from './exchange.ts';

/** Knows the latest token of the main user, and gets another when it has expired. */
export interface TokenSource {
  /** The identity with its latest token in place of the one that it was given. */
  latest(identity: Identity): Identity;
  /**
   * Sends a request, and sends it again with a new token if the one before has expired.
   *
   * @param onRepeated Is told of the exchange that is sent again.
   */
  sendRenewed(send: () => Promise<Exchange>, onRepeated: (exchange: Exchange) => void): Promise<Exchange>;
}

/** How long a token is not renewed again, in milliseconds: then a 401 is for something else. */
const leastMs = 60_000;

/** @param renew Gets a new token. Without it a token stays as it is. */
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

  /** Whether a request was refused for its token: nothing else of its credential is wrong. */
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
