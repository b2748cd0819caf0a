const [offered, begun, withdrawn] = [0, 1, 2];

/**
 * Decides for each job, once, whether the thread begins it or its caller withdraws it. The memory is shared by both, so
 * that a caller who stops waiting knows whether anything of the job was done, also while the thread hangs.
 */
export interface Claims {
  /** Offers a job, under an id that no job under way has. */
  offer(id: number): void;
  /** Begins a job, or begins it again. `false` if it was withdrawn. */
  begin(id: number): boolean;
  /** Withdraws a job. `false` if it was begun. */
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
