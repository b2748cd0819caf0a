import type { Verdict } from '../envelope.ts';
import { publishedCodes } from '../error-codes.gen.ts';
import { badRequest, unauthorized } from '../http-status.ts';

/** A request as it will be sent, complete but for the header Authorization. */
export interface UnauthorizedRequest {
  method: string;
  url: string;
  headers: Headers;
  /** Empty or `undefined` if there is none. */
  body: string | undefined;
}

/** For whom and for how long a credential is wanted. */
export interface AuthContext {
  /** The user's id on KooDrive, as X-User-Id says it. */
  userId: string;
  /** Aborted when the attempt gives up waiting: its time is over, or the caller aborted. */
  signal: AbortSignal;
}

/** How a client proves who it is. Made by `accessToken` or `appSignature`. */
export interface BackupAuth {
  /** Returns the value of the header Authorization for a request. */
  authorize(request: UnauthorizedRequest, context: AuthContext): string | Promise<string>;

  /**
   * Told that the provider did not accept a credential; returns `true` if the next `authorize` may return another. If
   * the method is missing, there is no other.
   */
  renew?(refused: string, context: Pick<AuthContext, 'userId'>): boolean | Promise<boolean>;
}

/** An answer, as far as it tells why a request was refused. */
interface Refused {
  response: { status: number };
  verdict: Verdict;
}

/**
 * Whether an answer says that the provider did not accept the credential. The vendor's list of statuses has 400 for
 * failed authentication too; its code is none of the published ones then.
 */
export function isUnauthorized({ response: { status }, verdict: { refusal } }: Refused): boolean {
  if (status === unauthorized) return true;
  return status === badRequest && refusal?.form === 'envelope' && !isPublished(refusal.code);
}

const isPublished = (code: number | string): boolean =>
  publishedCodes.some(([first, last]) => Number(code) >= first && Number(code) <= last);

/**
 * Whether an answer may have refused the credential because of X-Date. Unlike {@link isUnauthorized} it wants to see an
 * envelope or a gateway's error: another answer is no sign that the provider looked at X-Date.
 */
export const mayRefuseXDate = (refused: Refused): boolean =>
  isUnauthorized(refused) && Boolean(refused.verdict.refusal?.form);
