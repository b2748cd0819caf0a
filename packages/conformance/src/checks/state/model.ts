import { isDeepStrictEqual } from 'node:util';
import type { Contract, Operation } from '@koodrive-backup/spec/contract';
import type { Clock } from '../../http/clock.ts';
import type { Exchange, Identity, SendOptions } from '../../http/session.ts';
import { isObject } from '../../judge/oracle.ts';
import type { Change } from '../../requests/call.ts';
import { operationOf } from '../../requests/fixtures.ts';
import { makers, type Place, placesOf } from '../../requests/kinds.ts';
import { lockSeconds } from '../../requests/lifetimes.ts';

export type Data = Record<string, unknown>;

/**
 * The locks, records and devices that a provider must hold, as far as its answers and the errata determine them. If
 * those leave a value open, the model accepts the provider's value. In each list, the newest comes first.
 */
export interface StateModel {
  readonly contract: Contract;
  readonly clock: Clock;
  readonly locks: LockModel[];
  readonly records: RecordModel[];
  readonly devices: DeviceModel[];
  /** How much time the scenario has waited, in milliseconds. */
  passedMs: number;
}

/** A lock that was taken. */
export interface LockModel {
  readonly id: string;
  readonly owner: Identity;
  readonly moduleCode: string;
  /** When the lock expires, on the scale of `passedMs`. */
  endsAtMs: number;
  isReleased: boolean;
}

/** A record that was created. */
export interface RecordModel {
  readonly id: string;
  readonly owner: Identity;
  /** The device that the record was created for, if the scenario chose one. */
  readonly deviceId: string | undefined;
  /** The record as the provider must show it. */
  data: Data;
  /**
   * The earliest time at which the record can have been completed, in milliseconds since the Unix epoch. `undefined` if
   * it was not completed, or an answer has shown its endTime since.
   */
  completedFrom: number | undefined;
  /** Whether the provider has removed the record after its deletion. */
  isRemoved: boolean;
}

/** A device that was bound. */
export interface DeviceModel {
  readonly id: string;
  readonly owner: Identity;
  readonly machineCode: string;
  /** The device as the provider must show it. */
  data: Data;
  isBound: boolean;
}

/** The verdict that a request must get in the current state, and what decides it. */
export interface Ruling {
  /** `either`: both are right, and the model learns from the answer. */
  verdict: 'accepted' | 'refused' | 'either';
  /** The reason, in a few words. */
  why: string;
  /** The place in the contract, or the erratum. */
  pointer: string;
}

/** What an answer must contain, and what it contains. */
export interface Difference {
  expected: string;
  got: string;
  /** The place that decides it, if it is not the place of the ruling. */
  pointer?: string;
}

/** A request of a scenario. */
export interface Step {
  operation: Operation;
  as: Identity;
  change: Change;
  /** How to send the request. Default: with the user's credential. */
  sending?: SendOptions;
  /** Judges the request by the model as it is now. */
  rule(): Ruling;
  /** Updates the model after a success, and returns the first difference between the answer and the model. */
  accept?(envelope: Data): Difference | undefined;
  /** Updates the model after a refusal, if the verdict was `either`. */
  refuse?(): void;
  /** Why a refusal may be right after all if another run is at work for the same user. */
  excuse?: string;
  /** Compares any answer, accepted or refused, with earlier ones. */
  compare?(exchange: Exchange): Difference | undefined;
}

/** The things that a request names. A string is an id that the model does not know. */
export interface Subject {
  lock?: LockModel | string | undefined;
  record?: RecordModel | string | undefined;
  device?: DeviceModel | string | undefined;
}

/** Creates the model of a provider about which nothing is known. */
export function createModel(contract: Contract, clock: Clock): StateModel {
  return { contract, clock, locks: [], records: [], devices: [], passedMs: 0 };
}

const idOf = (thing: { id: string } | string): string => (typeof thing === 'string' ? thing : thing.id);

/** Whether an operation is tested. */
export const isTested = ({ contract }: StateModel, id: string): boolean =>
  contract.operations.some((one) => one.id === id);

/** Whether a lock is live: neither released nor expired. */
export const isLive = (model: StateModel, { isReleased, endsAtMs }: LockModel): boolean =>
  !isReleased && model.passedMs < endsAtMs;

/**
 * Returns a step for any operation. Its verdict follows from the state of the things that it names.
 *
 * @param pointer The place that decides what a success must contain. Default: the operation.
 */
export function step(
  model: StateModel,
  id: string,
  as: Identity,
  subject: Subject = {},
  more: Change = {},
  pointer?: string,
): Step {
  const operation = operationOf(model.contract, id);
  const places = placesOf(operation);
  let change = more;
  for (const [kind, thing] of Object.entries(subject)) {
    const place = places.find(({ madeBy }) => madeBy.operation === makers[kind as keyof Subject]);
    if (place && thing !== undefined) change = merged(change, place.change(idOf(thing)));
  }
  const inPath = (maker: string): Place | undefined =>
    places.find((place) => place.in === 'path' && place.madeBy.operation === maker);
  const [recordPlace, devicePlace] = [inPath(makers.record), inPath(makers.device)];
  const { lock, record, device } = subject;
  const decides = pointer ?? operation.pointer;
  return {
    operation,
    as,
    change,
    rule: () =>
      lockRule(model, as, lock) ??
      (recordPlace && recordRule(as, record, decides, recordPlace)) ??
      // Only a device in the path must be bound.
      (devicePlace && deviceRule(as, device, devicePlace)) ?? {
        verdict: 'accepted',
        why: 'nothing forbids the request',
        pointer: decides,
      },
  };
}

function merged(one: Change, other: Change): Change {
  return {
    ...one,
    ...other,
    ...(one.headers && { headers: { ...one.headers, ...other.headers } }),
    ...(one.path && { path: { ...one.path, ...other.path } }),
    ...(one.query && { query: { ...one.query, ...other.query } }),
    ...(one.fields && { fields: { ...one.fields, ...other.fields } }),
  };
}

/** Returns a copy of a step with one more change, for which the provider must refuse it. */
export function refusedFor(made: Step, why: string, pointer: string, change: Change, sending?: SendOptions): Step {
  const { operation, as } = made;
  const rule = (): Ruling => ({ verdict: 'refused', why, pointer });
  return { operation, as, change: merged(made.change, change), rule, ...(sending && { sending }) };
}

const refused = (why: string, pointer: string): Ruling => ({ verdict: 'refused', why, pointer });

function lockRule(model: StateModel, as: Identity, lock: Subject['lock']): Ruling | undefined {
  if (lock === undefined) return undefined;
  if (typeof lock === 'string') return refused('the lock does not exist', 'errata.md#e13');
  if (lock.owner !== as) return refused("the lock is another user's", 'errata.md#e14');
  if (lock.isReleased) return refused('the lock was released', 'errata.md#e13');
  return isLive(model, lock) ? undefined : refused('the lock has expired', 'errata.md#e13');
}

const statusWords = ['new', 'complete', 'to be deleted'];

function recordRule(as: Identity, record: Subject['record'], pointer: string, place: Place): Ruling | undefined {
  if (record === undefined) return undefined;
  if (typeof record === 'string') return refused('the record does not exist', place.pointer);
  if (record.owner !== as) return refused("the record is another user's", place.pointer);
  if (record.isRemoved) return refused('the record was removed', 'errata.md#e18');
  const isDeleted = record.data.status === 2;
  return {
    // No page says when a deleted record is removed.
    verdict: isDeleted ? 'either' : 'accepted',
    why: `the record is ${statusWords[Number(record.data.status)]}`,
    pointer: isDeleted ? 'errata.md#e18' : pointer,
  };
}

function deviceRule(as: Identity, device: Subject['device'], place: Place): Ruling | undefined {
  if (device === undefined) return undefined;
  if (typeof device === 'string') return refused('the device does not exist', place.pointer);
  if (device.owner !== as) return refused("the device is another user's", place.pointer);
  return device.isBound ? undefined : refused('the device was unbound', 'errata.md#e22');
}

/** Returns the members in which two objects differ, or `undefined` if they are equal. */
export function difference(expected: Data, got: Data): Difference | undefined {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
  const differing = [...names].filter((name) => !isDeepStrictEqual(expected[name], got[name]));
  if (differing.length === 0) return undefined;
  const shown = (data: Data): string =>
    JSON.stringify(Object.fromEntries(differing.map((name) => [name, data[name] ?? null])));
  return { expected: shown(expected), got: shown(got) };
}

/** Returns a copy of an object without some of its members. */
export function without(data: Data, ...names: string[]): Data {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));
}

/** Compares a time with the provider's clock: it must lie between a request and its answer. */
export function timeDifference(
  { clock }: StateModel,
  name: string,
  time: unknown,
  earliest: number,
): Difference | undefined {
  const { latest } = clock.now();
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  // A second of tolerance on either side, because the header Date has whole seconds.
  if (at >= earliest - 1000 && at <= latest + 1000) return undefined;
  return {
    expected: `${name} now, by the provider's Date`,
    got: typeof time === 'string' ? time : (JSON.stringify(time) ?? 'nothing'),
  };
}

/** Returns the `data` of a success; `undefined` if it is not an object, which the checks of answers report. */
export function dataIn({ data }: Data): Data | undefined {
  return isObject(data) ? data : undefined;
}

/** The lifetime of a lock, in milliseconds. */
export const lockMs: number = lockSeconds * 1000;
