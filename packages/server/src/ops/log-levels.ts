/**
 * The levels of a log, the most verbose first: `info` logs every answer, `warn` those with 4xx and 5xx, `error` those
 * with 5xx.
 */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];
