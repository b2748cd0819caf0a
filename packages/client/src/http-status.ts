// The HTTP statuses that the client distinguishes (RFC 9110, section 15; 429 is RFC 6585's).
export const ok = 200;
export const badRequest = 400;
export const unauthorized = 401;
export const notFound = 404;
export const conflict = 409;
export const gone = 410;
export const tooManyRequests = 429;
export const internalServerError = 500;
export const serviceUnavailable = 503;
