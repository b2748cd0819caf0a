import type { FaultyProvider } from '../../../packages/conformance/test/index.ts';
import { type Stage, startStage } from './stage.ts';
import type { Tool, Verdict } from './tool.ts';

/** Number of runs of a tool against the correct provider. A test that fails in any of them is a false alarm. */
const correctRuns = 3;

/** Milliseconds after which a run is killed. */
const runLimitMs = 60_000;

/** The results of a tool. */
export interface Result {
  tool: Tool;
  /** The names of the faults that it caught. */
  caught: Set<string>;
  /** The names of its tests that fail on the correct provider. */
  falseAlarms: Set<string>;
  /** The number of its tests. */
  total: number;
  /** The seconds of each run against a faulty provider. */
  seconds: number[];
}

/**
 * Runs every tool against the correct provider, and then against every faulty one. The tools take turns, so that other
 * work of the machine affects all alike.
 *
 * A tool catches a fault if one of its tests fails in two runs and never fails on the correct provider. Two runs,
 * because some tools generate random requests, and all suffer from a busy machine. A run without a result counts as a
 * failure.
 *
 * @param tell Called with a line of progress for each tool and each fault.
 * @param signal Stops the comparison: it cleans up, then throws.
 * @throws Error if a tool reports no result on the correct provider.
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
  if (without) throw new Error(`${tool.label} reported no result on the correct provider: ${without.reason}`);
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

/** The result of a run, with names that are the same in every run, and its duration. */
interface Run extends Verdict {
  seconds: number;
  /** Why the tool reported no result. `total` is 0 then, and `failed` has one entry that says so. */
  reason?: string;
}

async function run(stage: Stage, tool: Tool, signal: AbortSignal, fault?: FaultyProvider): Promise<Run> {
  const scene = await stage.scene(fault?.wrap);
  try {
    await tool.prepare?.(scene);
    const begin = performance.now();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(runLimitMs)]);
    const verdict = await tool.run(scene, limited).catch(noResult);
    signal.throwIfAborted();
    const seconds = (performance.now() - begin) / 1000;
    return { ...verdict, failed: verdict.failed.map(withoutIds), seconds };
  } finally {
    scene.close();
  }
}

const noResult = ({ message }: Error): Omit<Run, 'seconds'> => ({ total: 0, failed: ['no result'], reason: message });

/** Replaces ids and times, because they differ from run to run: each run has its own user. */
const withoutIds = (name: string): string => name.replace(/\d{4,}[\dTZ]*/g, '0');

/** Returns one in `oneIn` faulty providers of each class, and at least one: a class keeps its share of the whole. */
export function sampleOf(faults: FaultyProvider[], oneIn: number): FaultyProvider[] {
  const classes = [...new Set(faults.map((fault) => fault.class))];
  return classes.flatMap((name) => faults.filter((fault) => fault.class === name).filter((_, i) => i % oneIn === 0));
}
