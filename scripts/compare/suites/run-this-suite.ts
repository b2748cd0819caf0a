// this-suite.ts runs this program as a separate process, because every other tool is one, so that the time to start it
// counts for each of them.
import { runConformance } from '@koodrive-backup/conformance';
import { answerLimitMs, type Verdict } from './tool.ts';

const { results } = await runConformance({
  ...JSON.parse(process.argv[2] ?? ''),
  level: 'behaviour',
  refusal: 'status',
  strict: true,
  deadlineMs: answerLimitMs,
});
const judged = results.filter(({ outcome }) => outcome === 'passed' || outcome === 'violated');
const violated = judged.filter(({ outcome }) => outcome === 'violated');
const verdict: Verdict = {
  total: judged.length,
  failed: violated.map(({ check, operation }) => `${check} ${operation}`),
};
console.log(JSON.stringify(verdict));
