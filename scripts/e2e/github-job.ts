// Runs jobs of GitHub Actions as a runner does, as far as the tests need it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { parse } from 'yaml';

type Texts = Record<string, string>;

interface Step {
  id?: string;
  if?: string;
  env?: Texts;
  uses?: string;
  with?: Texts;
  run?: string;
}

/** A job of a workflow that has steps of its own. */
export interface Job {
  steps: Step[];
  outputs?: Texts;
}

/** An input of an action, or of a workflow that others call. */
export interface Input {
  required?: boolean;
  default?: string;
}

interface Action {
  inputs?: Record<string, Input>;
  outputs?: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
}

/** Where and with what a job is run. */
export interface JobOptions {
  /** The folder in which its commands are run. */
  workspace: string;
  /** The folders of the composite actions that are run, by what `uses` says. All others are told, and not run. */
  actions: Texts;
  /** What expressions know: `inputs`, `secrets`, `vars`, `job`. */
  contexts: Record<string, Texts>;
}

/** What a job did. */
export interface JobResult {
  conclusion: 'success' | 'failure';
  log: string;
  /** What it wrote to the page of the run, in Markdown. */
  summary: string;
  outputs: Texts;
  /** The actions that it would have run, with what it would have given them. */
  used: { uses: string; with: Texts }[];
}

/** Runs a job, in bash. */
export async function runJob(job: Job, { workspace, actions, contexts }: JobOptions): Promise<JobResult> {
  const files = mkdtempSync(join(tmpdir(), 'github-job-'));
  const result: JobResult = { conclusion: 'success', log: '', summary: '', outputs: {}, used: [] };
  const [output, summary, script] = ['output', 'summary', 'script.sh'].map((name) => join(files, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(summary, '');

  /** @returns The outputs of the steps, by id. */
  async function runSteps(steps: Step[], known: Contexts, env: Texts): Promise<Record<string, { outputs: Texts }>> {
    const ran: Record<string, { outputs: Texts }> = {};
    for (const [index, step] of steps.entries()) {
      const here = { ...known, steps: ran };
      if (!isToRun(step, here)) continue;
      const outputs = await runStep(step, here, { ...env, ...filled(step.env, { ...here, env }) });
      ran[step.id ?? `${index}`] = { outputs };
    }
    return ran;
  }

  function isToRun({ if: condition = '' }: Step, known: Contexts): boolean {
    const isStatusAsked = /\b(always|failure|success|cancelled)\(\)/.test(condition);
    if (!isStatusAsked && result.conclusion === 'failure') return false;
    return condition === '' || evaluate(condition, known, result.conclusion).coerceString() === 'true';
  }

  async function runStep(step: Step, known: Contexts, env: Texts): Promise<Texts> {
    if (step.run !== undefined) return runScript(filledText(step.run, known), env);
    const { uses = '' } = step;
    const given = filled(step.with, known);
    const folder = actions[uses];
    if (folder === undefined) {
      result.used.push({ uses, with: given });
      return {};
    }
    const action: Action = parse(readFileSync(join(folder, 'action.yml'), 'utf8'));
    const inputs = inputsOf(uses, action.inputs ?? {}, given);
    const inside = { ...known, inputs, github: { action_path: folder } };
    const steps = await runSteps(action.runs.steps, inside, { ...env, GITHUB_ACTION_PATH: folder });
    const values = Object.entries(action.outputs ?? {}).map(([name, { value }]) => [name, value] as const);
    return filled(Object.fromEntries(values), { ...inside, steps });
  }

  async function runScript(code: string, env: Texts): Promise<Texts> {
    writeFileSync(script, code);
    writeFileSync(output, '');
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd: workspace,
      env: {
        ...process.env,
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: workspace,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    result.log += out + err + (status === 0 ? '' : `Process completed with exit code ${status}.\n`);
    if (status !== 0) result.conclusion = 'failure';
    const lines = readFileSync(output, 'utf8').split('\n').filter(Boolean);
    return Object.fromEntries(lines.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]));
  }

  try {
    const steps = await runSteps(job.steps, contexts, {});
    result.outputs = filled(job.outputs, { ...contexts, steps });
    result.summary = readFileSync(summary, 'utf8');
    return result;
  } finally {
    rmSync(files, { recursive: true });
  }
}

/**
 * The inputs as what is called sees them.
 *
 * @throws Error where one is not known, or is needed and missing: a runner warns of the first, and misses the second.
 */
export function inputsOf(called: string, inputs: Record<string, Input>, given: Texts): Texts {
  const [unknown] = Object.keys(given).filter((name) => !(name in inputs));
  if (unknown !== undefined) throw new Error(`${called} has no input ${unknown}`);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { required = false, default: value = '' }]) => {
      const set = given[name] || value;
      if (required && set === '') throw new Error(`${called} needs the input ${name}`);
      return [name, set];
    }),
  );
}

type Contexts = Record<string, object>;

const filled = (texts: Texts = {}, known: Contexts = {}): Texts =>
  Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, filledText(value, known)]));

const filledText = (value: string, known: Contexts): string =>
  `${value}`.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression) => evaluate(expression, known).coerceString());

/** By GitHub's own evaluator. */
function evaluate(expression: string, known: Contexts, conclusion?: JobResult['conclusion']): data.ExpressionData {
  const status = Object.entries({
    always: true,
    success: conclusion === 'success',
    failure: conclusion === 'failure',
    cancelled: false,
  }).map(([name, is]) => ({ name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(is) }));
  const parsed = new Parser(new Lexer(expression.trim()).lex().tokens, Object.keys(known), status).parse();
  const values = JSON.parse(JSON.stringify(known), data.reviver);
  return new Evaluator(parsed, values, new Map(status.map((each) => [each.name, each]))).evaluate();
}
