import type { Verdict } from '../envelope.ts';
import { publishedCodes } from '../error-codes.gen.ts';
import { badRequest, unauthorized } from '../http-status.ts';

/** A request as it will be sent, complete except for the header Authorization. */
export interface UnauthorizedRequest {
  method: string;
  url: string;
  headers: Headers;
  /** Empty or `undefined` if the request has no body. */
  body: string | undefined;
}

/** The user that needs a credential, and how long the client waits for it. */
export interface AuthContext {
  /** The user's id on KooDrive, the value of X-User-Id. */
  userId: string;
  /** Aborted when no attempt waits for the credential any more: their time is over, or their callers aborted. */
  signal: AbortSignal;
}

/** How a client proves who it is. Created by `accessToken` or `appSignature`. */
export interface BackupAuth {
  /** Returns the value of the header Authorization for a request. */
  authorize(request: UnauthorizedRequest, context: AuthContext): string | Promise<string>;

  /**
   * Called when the provider did not accept a credential. Returns `true` if the next `authorize` may return another
   * credential. Without this method, the client never tries another credential.
   */
  renew?(refused: string, context: Pick<AuthContext, 'userId'>): boolean | Promise<boolean>;
}

/** The parts of an answer that can show why a request was refused. */
interface Refused {
  response: { status: number };
  verdict: Verdict;
}

/**
 * Whether an answer means that the provider did not accept the credential. The vendor's list of statuses also has 400
 * for failed authentication. Such a 400 has a code that the vendor does not publish.
 */
export function isUnauthorized({ response: { status }, verdict: { refusal } }: Refused): boolean {
  if (status === unauthorized) return true;
  return status === badRequest && refusal?.form === 'envelope' && !isPublished(refusal.code);
}

const isPublished = (code: number | string): boolean =>
  publishedCodes.some(([first, last]) => Number(code) >= first && Number(code) <= last);

/**
 * Whether an answer may have refused the credential because of X-Date. Unlike {@link isUnauthorized}, it requires an
 * envelope or a gateway's error: any other body does not show that the provider has checked X-Date.
 */
export const mayRefuseXDate = (refused: Refused): boolean =>
  isUnauthorized(refused) && Boolean(refused.verdict.refusal?.form);
