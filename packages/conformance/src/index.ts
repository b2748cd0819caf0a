export type { App } from './app-signature.ts';
export type { Level } from './check.ts';
export type { Coverage, Share } from './coverage.ts';
export type { RefusalForm } from './oracle.ts';
export type { Report, Result, Violation } from './report.ts';
export { type ConformanceOptions, CouldNotRun, runConformance } from './run-conformance.ts';
export type { Identity } from './session.ts';
