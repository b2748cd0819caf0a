import { acceptanceFaults } from './faults/acceptance.ts';
import { authenticationFaults } from './faults/authentication.ts';
import { existenceFaults } from './faults/existence.ts';
import { headerFaults } from './faults/headers.ts';
import { orderFaults } from './faults/order.ts';
import type { Fault, World, Wrap } from './faults/parts.ts';
import { protocolFaults } from './faults/protocol.ts';
import { rawFaults } from './faults/raw-json.ts';
import { bodyFaults } from './faults/response-body.ts';
import { samenessFaults } from './faults/sameness.ts';
import { stateFaults } from './faults/state.ts';
import { statusFaults } from './faults/status.ts';
import { agreementFaults, nearlyRightFaults, textFaults } from './faults/texts.ts';
import { timeFaults } from './faults/time.ts';
import { validationFaults } from './faults/validation.ts';

export type { World };

/** A provider with exactly one violation. */
export interface FaultyProvider {
  name: string;
  class: string;
  /** The check that must find the violation. */
  check: string;
  wrap: Wrap;
  /** The checks whose finding would describe the fault as well. */
  alsoNamedBy?: string[] | undefined;
}

const classes: Record<string, Fault[]> = {
  'response body': bodyFaults,
  'numbers, unicode, raw JSON': rawFaults,
  'response headers and content type': headerFaults,
  'status and error shape': statusFaults,
  'slow, flaky, hanging': timeFaults,
  authentication: authenticationFaults,
  'request validation': validationFaults,
  'valid requests': acceptanceFaults,
  protocol: protocolFaults,
  'state and users': stateFaults,
  'existence of what is not shown': existenceFaults,
  'order of requests': orderFaults,
  'sameness of opaque values': samenessFaults,
  'exactness of texts': textFaults,
  'agreement of answers': agreementFaults,
  'values next to the rule': nearlyRightFaults,
};

/** Every faulty provider. */
export const faultyProviders: FaultyProvider[] = Object.entries(classes).flatMap(([name, faults]) =>
  faults.map(([fault, check, wrap, alsoNamedBy]) => ({ name: fault, class: name, check, wrap, alsoNamedBy })),
);
