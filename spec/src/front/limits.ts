/** Limits on what clients can use, so that strangers cannot use up the server. */
export interface Limits {
  /**
   * How many connections may be open at once; 4096 by default. If there are more, the one that has waited longest for
   * its client is closed.
   */
  maxConnections: number;
  /**
   * How many bytes of bodies and answers may wait in memory; 64 MB by default. If there are more, the request that has
   * waited longest for its client is refused with 503; if it was already answered, its connection is closed.
   */
  maxBytesInFlight: number;
  /** How long a client may leave its answer unread, in milliseconds; 30,000 by default. */
  writeTimeoutMs: number;
}

/** The default limits. */
export const defaultLimits: Limits = {
  maxConnections: 4096,
  maxBytesInFlight: 67_108_864,
  writeTimeoutMs: 30_000,
};
