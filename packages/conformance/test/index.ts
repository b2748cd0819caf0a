// The exports of this folder for the comparison and the benchmarks.
export { type FaultyProvider, faultyProviders, type World } from './faulty-providers.ts';
export { type Message, startWrapped, type Wrapper } from './provider.ts';
export { createWorlds } from './worlds.ts';
