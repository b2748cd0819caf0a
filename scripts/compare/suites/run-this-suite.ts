// Run by this-suite.ts, as a process of its own like every other tool: its start is timed too.
import { runConformance } from '@koodrive-backup/conformance';
import { answerLimitMs, type Verdict } from './tool.ts';

const { results } = await runConformance({
  ...JSON.parse(process.argv[2] ?? ''),
  level: 'behaviour',
  refusal: 'status',
  deadlineMs: answerLimitMs,
});
const judged = results.filter(({ outcome }) => outcome === 'passed' || outcome === 'violated');
const violated = judged.filter(({ outcome }) => outcome === 'violated');
const verdict: Verdict = {
  total: judged.length,
  failed: violated.map(({ check, operation }) => `${check} ${operation}`),
};
console.log(JSON.stringify(verdict));
