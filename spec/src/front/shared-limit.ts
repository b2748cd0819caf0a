/**
 * A limit that all clients share. If it is exceeded, the claim that has waited longest for its client gives way: an
 * honest client finishes soon, but whoever wants to use up the limit has to hold many claims for long.
 */
export interface SharedLimit {
  /** How much is claimed now. */
  readonly used: number;
  /** How many claims have given way. */
  readonly gaveWay: number;
  /**
   * Creates a claim of amount 0. It waits for its client, and so can give way, until {@link Claim.keep} is called.
   *
   * @param giveWay See {@link Claim.giveWay}.
   */
  claim(giveWay: () => void): Claim;
}

/** The share of a {@link SharedLimit} that one client uses. */
export interface Claim {
  /**
   * Called when the claim gives way, to end the work or the connection that it counts. The claim is already freed then.
   * The owner may replace this function while the work proceeds.
   */
  giveWay: () => void;
  /** Claims more. If that exceeds the limit, claims give way, the longest waiting first. This one may be among them. */
  take(amount: number): void;
  /** The claim can no longer give way, because the server is working on the request. */
  keep(): void;
  /** The claim waits for its client from now on, behind all claims that are already waiting. */
  wait(): void;
  /** Frees the whole amount. May be called more than once. */
  free(): void;
}

/**
 * Creates a limit.
 *
 * @param most How much may be claimed at once.
 */
export function createSharedLimit(most: number): SharedLimit {
  let used = 0;
  let gaveWay = 0;
  /** The claims that wait for their client, the longest waiting first. */
  const waiting = new Set<ClaimOfLimit>();

  class ClaimOfLimit implements Claim {
    giveWay: () => void;
    #amount = 0;

    constructor(giveWay: () => void) {
      this.giveWay = giveWay;
      waiting.add(this);
    }

    take(amount: number): void {
      this.#amount += amount;
      used += amount;
      if (used <= most) return;
      for (const claim of waiting) {
        if (claim.#amount === 0) continue;
        gaveWay++;
        claim.free();
        claim.giveWay();
        if (used <= most) return;
      }
    }

    keep(): void {
      waiting.delete(this);
    }

    wait(): void {
      waiting.delete(this);
      waiting.add(this);
    }

    free(): void {
      waiting.delete(this);
      used -= this.#amount;
      this.#amount = 0;
    }
  }

  return {
    get used() {
      return used;
    },
    get gaveWay() {
      return gaveWay;
    },
    claim: (giveWay) => new ClaimOfLimit(giveWay),
  };
}
