/** How a client proves who it is. Made by `accessToken` or `appSignature`. */
export interface BackupAuth {
  /**
   * Gives the value of the header Authorization for one request.
   *
   * @param request The request as it will be sent, complete but for this header. Its body must be left unread.
   */
  authorize(request: Request): Promise<string>;
}
