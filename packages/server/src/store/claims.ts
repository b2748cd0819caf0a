const [offered, begun, withdrawn] = [0, 1, 2];

/**
 * Decides once for each job whether the thread begins it or its caller withdraws it. Both share the memory, so a caller
 * who stops waiting knows whether the job was begun, even while the thread hangs.
 */
export interface Claims {
  /** Offers a job. No other job under way may have its id. */
  offer(id: number): void;
  /** Begins a job, or begins it again. Returns `false` if it was withdrawn. */
  begin(id: number): boolean;
  /** Withdraws a job. Returns `false` if it was begun. */
  withdraw(id: number): boolean;
}

/** Creates the memory for jobs with ids from 0 to `count - 1`. */
export const createClaimMemory = (count: number): SharedArrayBuffer =>
  new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT);

/** Opens the memory, which another thread may have created. */
export function openClaims(memory: SharedArrayBuffer): Claims {
  const states = new Int32Array(memory);
  return {
    offer: (id) => void Atomics.store(states, id, offered),
    begin: (id) => Atomics.compareExchange(states, id, offered, begun) !== withdrawn,
    withdraw: (id) => Atomics.compareExchange(states, id, offered, withdrawn) === offered,
  };
}
