import { defaultLimits, type Limits } from '@koodrive-backup/spec/limits';
import type { StoreLimits } from './store/store.ts';

/** The limits of everything that strangers and users could otherwise use up. */
export interface ServerLimits extends Limits, Required<StoreLimits> {
  /** The most devices that a user may bind; in an answer a device takes about 300 bytes at most. Default 1000. */
  maxDevicesPerUser: number;
  /**
   * The most log lines in ten seconds for requests without a valid credential. Default 20. A log line and a metric
   * count the others.
   */
  anonymousLogLines: number;
}

/** The limits of a server without options. */
export const defaultServerLimits: ServerLimits = {
  ...defaultLimits,
  maxQueued: 1024,
  storeTimeoutMs: 5000,
  databaseConnections: 20,
  maxDevicesPerUser: 1000,
  anonymousLogLines: 20,
};
