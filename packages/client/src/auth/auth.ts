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
