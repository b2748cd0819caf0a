import type { Judgement } from '../judge/oracle.ts';
import type { Call } from '../requests/call.ts';
import type { App, Signed } from './app-signature.ts';
import type { Answer, NoAnswer, WireRequest } from './wire.ts';

/** A user of the provider, with one credential or both. */
export interface Identity {
  userId: string;
  /** An access token. */
  token?: string;
  /** An application's credential. */
  app?: App;
}

/** A request that was sent, and its answer or failure. */
export interface Exchange {
  call: Call;
  request: WireRequest;
  identity: Identity;
  /** The number of the request in the run, from 1. */
  number: number;
  /** The unchanged credential of the identity that the request carried; `undefined` if another replaced it. */
  credential: 'token' | 'app' | undefined;
  /** `undefined` if no answer came; then `failure` says why. */
  answer: Answer | undefined;
  failure: NoAnswer | undefined;
  judgement: Judgement;
  /** When the request was sent, in milliseconds since the Unix epoch, and how long the answer took, in milliseconds. */
  sentAt: number;
  durationMs: number;
}

/** How a request differs from the default: sent by the main identity, with its credential. */
export interface SendOptions {
  as?: Identity;
  /** The values of Authorization. Default: the identity's credential. An empty list sends no header. */
  authorizations?: readonly string[];
  /** Returns Authorization for a request that is otherwise complete. Used for signatures that must be refused. */
  authorize?: (signed: Signed) => string;
  /** Whether the contract has the method and path of the call. Default true. */
  isDocumented?: boolean;
  /** Whether to ignore the limit on simultaneous requests, for requests that must arrive together. Default false. */
  isAtOnce?: boolean;
}

/** Receives exchanges, and sends nothing. */
export interface ExchangeObserver {
  observe(exchange: Exchange): void;
  /** Whether to observe exchanges too that are not judged, because their requests are sent again. Default false. */
  seesRepeated?: boolean;
}
