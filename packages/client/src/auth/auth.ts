import type { AnyEnvelope } from '../envelope.ts';
import { errorCodes } from '../error-codes.gen.ts';
import { badRequest, unauthorized } from '../http-status.ts';

/** A request as it will be sent, complete but for the header Authorization. */
export interface UnauthorizedRequest {
  method: string;
  url: string;
  headers: Headers;
  /** Empty or `undefined` where there is none. */
  body: string | undefined;
}

/** How a client proves who it is. Made by `accessToken` or `appSignature`. */
export interface BackupAuth {
  /** Gives the value of the header Authorization for a request. */
  authorize(request: UnauthorizedRequest): Promise<string>;

  /**
   * Told that the provider did not accept a credential; `true` if the next `authorize` may give another. Where it is
   * missing, there is no other.
   */
  renew?(refused: string): Promise<boolean>;
}

/**
 * Whether an answer says that the provider did not accept the credential. The vendor's list of statuses has 400 for
 * failed authentication too; its code is none of the published ones then.
 */
export function isUnauthorized({ status }: Response, envelope: AnyEnvelope | undefined): boolean {
  if (status === unauthorized) return true;
  if (status !== badRequest || !envelope) return false;
  const published: number[] = Object.values(errorCodes);
  return !published.includes(envelope.code);
}
