// What the comparison and the benchmarks use of this folder.
export { type FaultyProvider, faultyProviders, type World } from './faulty-providers.ts';
export { type Message, startWrapped, type Wrapper } from './provider.ts';
export { createWorlds } from './worlds.ts';
