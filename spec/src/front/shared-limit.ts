/**
 * A limit that all clients share. When it is reached, the claim that has waited longest for its client gives way: an
 * honest client is soon done, while whoever wants to use the limit up has to hold on.
 */
export interface SharedLimit {
  /** How much is claimed now. */
  readonly used: number;
  /** How many claims have given way. */
  readonly gaveWay: number;
  /**
   * Claims nothing yet. The claim waits for its client until {@link Claim.keep} says otherwise.
   *
   * @param giveWay See {@link Claim.giveWay}.
   */
  claim(giveWay: () => void): Claim;
}

/** What one client uses of a {@link SharedLimit}. */
export interface Claim {
  /** Ends what the claim is for, which is free by then. It may be replaced as the work goes on. */
  giveWay: () => void;
  /** Uses more. The longest-waiting claims give way if that is too much; this one does if no other can. */
  take(amount: number): void;
  /** From now on it cannot give way: what it is for is being worked on. */
  keep(): void;
  /** From now on it waits for its client, behind all that wait already. */
  wait(): void;
  /** Ends it. May be called again. */
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
  /** Those that wait for their client, the longest in front. */
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
