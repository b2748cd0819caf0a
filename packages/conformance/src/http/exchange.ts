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

/** A request that was sent, and what came of it. */
export interface Exchange {
  call: Call;
  request: WireRequest;
  identity: Identity;
  /** Which of the run's requests it was, from 1 on. */
  number: number;
  /** Which credential of the identity's it carried as it is; `undefined` where another was put in its place. */
  credential: 'token' | 'app' | undefined;
  /** `undefined` where none came; then `failure` says why. */
  answer: Answer | undefined;
  failure: NoAnswer | undefined;
  judgement: Judgement;
  /** When it was sent, in milliseconds since the Unix epoch, and how long the answer took. */
  sentAt: number;
  durationMs: number;
}

/** What differs from a request of the main identity's. */
export interface SendOptions {
  as?: Identity;
  /** The values of Authorization. Default: the identity's credential. None: an empty list. */
  authorizations?: readonly string[];
  /** Authorization for a request that is otherwise complete: what must be refused is signed with this. */
  authorize?: (signed: Signed) => string;
  /** Whether the call is to something that the contract has. Default true. */
  isDocumented?: boolean;
  /** Whether it is sent beside all others, however many those are: for what has to arrive together. Default false. */
  isAtOnce?: boolean;
}

/** Looks at exchanges, and sends nothing. */
export interface ExchangeObserver {
  observe(exchange: Exchange): void;
  /** Whether it also sees exchanges that nothing is judged by, because they are sent again. Default false. */
  seesRepeated?: boolean;
}
