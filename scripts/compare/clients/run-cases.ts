import { behaviours, makesTheCall } from './cases.ts';
import type { Tool } from './tool.ts';

/** What a case came to. */
export interface CaseResult {
  behaviour: string;
  name: string;
  /** Why the tool failed; missing where it passed. */
  failure?: string;
}

/**
 * Runs all cases against a tool, one after the other: some of them change the speed of timers.
 *
 * @throws AssertionError where the tool cannot even make the call.
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
