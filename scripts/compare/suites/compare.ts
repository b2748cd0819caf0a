import type { FaultyProvider } from '../../../packages/conformance/test/index.ts';
import { type Stage, startStage } from './stage.ts';
import type { Tool, Verdict } from './tool.ts';

/** How often a tool is run against the correct provider: what fails in any of these runs is a false alarm. */
const correctRuns = 3;

/** A run that has not ended by then is killed, in milliseconds. */
const runLimitMs = 60_000;

/** What a tool came to. */
export interface Result {
  tool: Tool;
  /** The names of the faults that it caught. */
  caught: Set<string>;
  /** What fails on the correct provider, by name. */
  falseAlarms: Set<string>;
  /** How many things it looks at. */
  total: number;
  /** How long each run against a faulty provider took. */
  seconds: number[];
}

/**
 * Runs every tool against the correct provider, and then against every faulty one, in turns, so that what else the
 * machine does meets them all.
 *
 * A tool catches a fault where something fails that never fails on the correct provider, twice in two runs, since some
 * tools make requests up and all suffer from a busy machine. To come to no verdict is a failure too.
 *
 * @param tell Is told of each fault, and of who caught it.
 * @param signal Ends it early: it throws then, and has cleaned up.
 * @throws Error where a tool comes to no verdict on the correct provider.
 */
export async function compare(
  tools: Tool[],
  faults: FaultyProvider[],
  { signal, tell }: { signal: AbortSignal; tell: (line: string) => void },
): Promise<Result[]> {
  const stage = await startStage();
  try {
    const results: Result[] = [];
    for (const tool of tools) {
      const result = await onCorrectProvider(stage, tool, signal);
      results.push(result);
      tell(`${tool.label}: ${result.falseAlarms.size} false alarms of ${result.total}`);
    }
    for (const [index, fault] of faults.entries()) {
      for (const result of results) if (await catches(stage, result, fault, signal)) result.caught.add(fault.name);
      const caughtBy = results.filter(({ caught }) => caught.has(fault.name)).map(({ tool }) => tool.name);
      tell(
        `${index + 1} of ${faults.length}: ${fault.class}: ${fault.name}: ${caughtBy.join(', ') || 'caught by none'}`,
      );
    }
    return results;
  } finally {
    await stage.close();
  }
}

async function onCorrectProvider(stage: Stage, tool: Tool, signal: AbortSignal): Promise<Result> {
  const runs: Run[] = [];
  for (let count = 0; count < correctRuns; count++) runs.push(await run(stage, tool, signal));
  const without = runs.find(({ total }) => total === 0);
  if (without) throw new Error(`${tool.label} came to no verdict on the correct provider: ${without.reason}`);
  const falseAlarms = new Set(runs.flatMap(({ failed }) => failed));
  return { tool, falseAlarms, total: Math.max(...runs.map(({ total }) => total)), caught: new Set(), seconds: [] };
}

async function catches(stage: Stage, result: Result, fault: FaultyProvider, signal: AbortSignal): Promise<boolean> {
  const { tool, falseAlarms, seconds } = result;
  const first = await run(stage, tool, signal, fault);
  seconds.push(first.seconds);
  const failed = first.failed.filter((name) => !falseAlarms.has(name));
  if (failed.length === 0) return false;
  const second = await run(stage, tool, signal, fault);
  seconds.push(second.seconds);
  return second.failed.some((name) => failed.includes(name));
}

/** A verdict, in names that are the same in another run, and what it took. */
interface Run extends Verdict {
  seconds: number;
  /** Why there is no verdict: then `total` is 0, and that there is none is what failed. */
  reason?: string;
}

async function run(stage: Stage, tool: Tool, signal: AbortSignal, fault?: FaultyProvider): Promise<Run> {
  const scene = await stage.scene(fault?.wrap);
  try {
    await tool.prepare?.(scene);
    const begin = performance.now();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(runLimitMs)]);
    const verdict = await tool.run(scene, limited).catch(noVerdict);
    signal.throwIfAborted();
    const seconds = (performance.now() - begin) / 1000;
    return { ...verdict, failed: verdict.failed.map(withoutIds), seconds };
  } finally {
    scene.close();
  }
}

const noVerdict = ({ message }: Error): Omit<Run, 'seconds'> => ({ total: 0, failed: ['no verdict'], reason: message });

/** Ids and times are another user's in another run. */
const withoutIds = (name: string): string => name.replace(/\d{4,}[\dTZ]*/g, '0');

/** The first of every so many faulty providers of each class: each class has its weight, and at least one. */
export function sampleOf(faults: FaultyProvider[], oneIn: number): FaultyProvider[] {
  const classes = [...new Set(faults.map((fault) => fault.class))];
  return classes.flatMap((name) => faults.filter((fault) => fault.class === name).filter((_, i) => i % oneIn === 0));
}
