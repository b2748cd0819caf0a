// The HTTP statuses that the client tells apart (RFC 9110, section 15; 429 is RFC 6585's).
export const badRequest = 400;
export const unauthorized = 401;
export const tooManyRequests = 429;
export const internalServerError = 500;
export const serviceUnavailable = 503;
