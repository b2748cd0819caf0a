import { availableParallelism } from 'node:os';
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
 * Runs every tool against the correct provider, and then against every faulty one. There is a lane for each processor,
 * with a reference provider of its own. In a lane the tools take turns, so that other work of the machine affects all
 * alike.
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
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const stages: Stage[] = [];
  const inLanes = async <Item>(items: Item[], work: (stage: Stage, item: Item) => Promise<void>): Promise<void> => {
    const waiting = [...items];
    const lanes = stages.map(async (stage) => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(stage, item);
    });
    for (const lane of lanes) lane.catch((error) => failure.abort(error));
    // Waits for all lanes, also after a failure, because what they use is removed next.
    await Promise.allSettled(lanes);
    stop.throwIfAborted();
  };

  try {
    for (let lane = 0; lane < availableParallelism(); lane++) stages.push(await startStage());
    const resultOf = new Map<Tool, Result>();
    await inLanes(tools, async (stage, tool) => {
      const result = await onCorrectProvider(stage, tool, stop);
      resultOf.set(tool, result);
      tell(`${tool.label}: ${result.falseAlarms.size} false alarms of ${result.total}`);
    });
    const results = tools.flatMap((tool) => resultOf.get(tool) ?? []);

    let count = 0;
    await inLanes(faults, async (stage, fault) => {
      const caughtBy: string[] = [];
      for (const result of results) {
        if (!(await catches(stage, result, fault, stop))) continue;
        result.caught.add(fault.name);
        caughtBy.push(result.tool.name);
      }
      count += 1;
      tell(`${count} of ${faults.length}: ${fault.class}: ${fault.name}: ${caughtBy.join(', ') || 'caught by none'}`);
    });
    return results;
  } finally {
    for (const stage of stages) await stage.close();
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
