import { globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { samplesOf } from '@koodrive-backup/testkit/readme-samples';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Input, Job } from './github-job.ts';

// The parser imports JSON without saying so, which Node refuses.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');
const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');

const read = (file: string): string => readFileSync(join(rootDir, file), 'utf8');
const guide = 'packages/docs/pages/contract-tests-in-ten-minutes.md';
const action = 'packages/conformance/action.yml';
const files = globSync('.github/workflows/*.yml', { cwd: rootDir });
const samples = samplesOf(guide).filter(({ code }) => code.startsWith('# .github/workflows/'));
const workflows = [
  ...files.map((name) => ({ name, content: read(name) })),
  ...samples.map(({ file, line, code }) => ({ name: `${file}:${line}`, content: code })),
];

describe("GitHub's own parser finds nothing wrong with", () => {
  const errorsOf = (parser: typeof parseWorkflow, name: string, content: string): string[] =>
    parser({ name, content }, new NoOperationTraceWriter())
      .context.errors.getErrors()
      .map((error) => error.message);

  it.each(workflows)('$name', ({ name, content }) => expect(errorsOf(parseWorkflow, name, content)).toEqual([]));

  it(action, () => expect(errorsOf(parseAction, action, read(action))).toEqual([]));

  it('anything, but with a key, a context and a function that there are not', () => {
    const steps = `[{ run: "\${{ nothing.x }}" }, { run: "\${{ nothing() }}" }, { rum: ls }]`;
    const errors = errorsOf(parseWorkflow, 'wrong.yml', `on: push\njobs: { a: { runs-on: x, steps: ${steps} } }`);
    expect(errors.join('\n')).toMatch(/'nothing'.*\n.*'nothing'.*\n.*'rum'/);
  });
});

it.each([...files, action])('%s takes actions of others by their commit', (file) => {
  const used = [...read(file).matchAll(/^ *(?:- )?uses: (?!\.\/)(\S+)/gm)].map(([, uses]) => uses);
  expect(used.filter((uses) => !/@[0-9a-f]{40}$/.test(uses ?? ''))).toEqual([]);
});

describe('the workflow that others call', () => {
  interface Called {
    on: { workflow_call: { inputs: Record<string, Input>; secrets: object } };
    jobs: { conformance: Job };
  }
  const workflow: Called = parse(read('.github/workflows/conformance.yml'));
  const { inputs, secrets } = workflow.on.workflow_call;
  const [step] = workflow.jobs.conformance.steps.filter(({ id }) => id === 'suite');

  it('has the inputs of the action, and hands them on', () => {
    const ofAction: Record<string, Input> = parse(read(action)).inputs;
    const bare = (each: Record<string, Input>): object =>
      Object.entries(each).map(([name, { required, default: value }]) => ({ name, required, value }));
    expect(bare(inputs)).toEqual(bare(ofAction));
    expect(step?.with).toEqual(Object.fromEntries(Object.keys(inputs).map((name) => [name, `\${{ inputs.${name} }}`])));
  });

  it('takes the secrets that the command takes from the environment, and hands them on', () => {
    const names = new Set(read('packages/conformance/README.md').match(/\bKOODRIVE_\w+/g));
    expect(new Set(Object.keys(secrets))).toEqual(names);
    expect(step?.env).toEqual(
      Object.fromEntries(Object.keys(secrets).map((name) => [name, `\${{ secrets.${name} }}`])),
    );
  });
});
