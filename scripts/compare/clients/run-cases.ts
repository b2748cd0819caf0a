import { behaviours, makesTheCall } from './cases.ts';
import type { Tool } from './tool.ts';

/** The result of a case. */
export interface CaseResult {
  behaviour: string;
  name: string;
  /** Why the tool failed. Absent if it passed. */
  failure?: string;
}

/**
 * Runs all cases with a tool. Not at the same time, because some cases change the speed of timers.
 *
 * @throws AssertionError if the tool cannot even make the call.
 */
export async function runCases(tool: Tool): Promise<CaseResult[]> {
  await makesTheCall(tool);
  const results: CaseResult[] = [];
  for (const [behaviour, cases] of Object.entries(behaviours)) {
    for (const [name, run] of Object.entries(cases)) {
      const failure = await run(tool).then(
        () => undefined,
        (error: Error) => error.message,
      );
      results.push({ behaviour, name, ...(failure !== undefined && { failure }) });
    }
  }
  return results;
}
