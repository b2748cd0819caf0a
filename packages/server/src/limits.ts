import { defaultLimits, type Limits } from '@koodrive-backup/spec/front';
import type { StoreLimits } from './store/store.ts';

/** What strangers and users could use up otherwise. */
export interface ServerLimits extends Limits, Required<StoreLimits> {
  /** How many devices a user may have bound; a device is at most about 300 bytes of an answer. Default 1000. */
  maxDevicesPerUser: number;
  /**
   * The most log lines in ten seconds for requests without a valid credential. Default 20. The others are counted, in a line
   * and in the metrics.
   */
  anonymousLogLines: number;
}

/** The limits of a server that is told nothing else. */
export const defaultServerLimits: ServerLimits = {
  ...defaultLimits,
  maxQueued: 1024,
  storeTimeoutMs: 5000,
  databaseConnections: 20,
  maxDevicesPerUser: 1000,
  anonymousLogLines: 20,
};
