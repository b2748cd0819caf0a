import type { Exchange, ExchangeObserver } from '../http/session.ts';
import { bodyOf, sentValue } from '../requests/call.ts';
import { idIn, type Kind, makers, placesOf } from '../requests/kinds.ts';

/** The ids that a provider gave to two things, although each thing needs its own. */
export interface RepeatedIds extends ExchangeObserver {
  has(id: string): boolean;
}

/** Creates an observer of the ids that a provider gives. */
export function createRepeatedIds(kinds: readonly Kind[]): RepeatedIds {
  /** What got each id first. */
  const owners = new Map<string, string>();
  const repeated = new Set<string>();
  return {
    has: (id) => repeated.has(id),
    observe({ call, identity, judgement, number }) {
      const kind = kinds.find(({ maker }) => maker.id === call.operation.id);
      const id = kind && judgement.isTaken ? idIn(judgement.envelope, kind.field) : undefined;
      if (kind === undefined || id === undefined) return;
      // A machine that is bound again keeps its id (errata, E20). Everything else is new with each request.
      const { machineCode } = Object(bodyOf(call)) as { machineCode?: unknown };
      const owner = kind.maker.id === makers.device ? `${identity.userId} ${machineCode}` : `request ${number}`;
      const place = `${kind.field} ${id}`;
      if ((owners.get(place) ?? owner) !== owner) repeated.add(id);
      owners.set(place, owners.get(place) ?? owner);
    },
  };
}

/** Returns the ids that an exchange names in its request, or gives in its answer. */
export function idsIn({ call, judgement }: Exchange, kinds: readonly Kind[]): string[] {
  const body = Object(bodyOf(call)) as Record<string, unknown>;
  const sent = placesOf(call.operation).map(({ in: place, name }) =>
    place === 'body' ? body[name] : sentValue(call, place, name),
  );
  const made = kinds.filter(({ maker }) => maker.id === call.operation.id);
  const given = made.map(({ field }) => idIn(judgement.envelope, field));
  return [...sent, ...given].filter((id) => typeof id === 'string');
}
