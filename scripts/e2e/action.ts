// Runs the action as a step of a workflow uses it: what action.yml runs, with the inputs that the step gives.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { parse } from 'yaml';

type Texts = Record<string, string>;

/** A step of a job. */
export interface Step {
  id?: string;
  uses?: string;
  run?: string;
  env?: Texts;
  with?: Texts;
}

interface Action {
  inputs: Record<string, { required?: boolean; default?: string }>;
  runs: { steps: Step[] };
}

/** What a use of the action did. */
export interface Used {
  status: number;
  log: string;
  /** What it wrote to the page of the run, in Markdown. */
  summary: string;
  outputs: Texts;
}

/** Where the action is used. */
export interface Use {
  /** The folder of the job. */
  workspace: string;
  /** What the step's `${{ … }}` stand for. */
  known?: Texts;
  /** The folder of the action: the work tree's by default, which is built already. */
  action?: string;
  /** Whether it has to be built first, as on a runner. */
  isBuilt?: boolean;
}

const built = join(rootDir, 'packages', 'conformance');

/**
 * Runs the action's own steps in bash.
 *
 * @throws Error where the step gives an input that the action does not have, or does not give one that it needs.
 */
export async function useAction(
  { with: given = {}, env = {} }: Step,
  { workspace, known = {}, action = built, isBuilt = true }: Use,
): Promise<Used> {
  const { inputs, runs }: Action = parse(readFileSync(join(action, 'action.yml'), 'utf8'));
  const commands = runs.steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
  const files = mkdtempSync(join(tmpdir(), 'action-'));
  const [output, summary] = [join(files, 'output'), join(files, 'summary')];
  for (const file of [output, summary]) writeFileSync(file, '');
  const variables = {
    ...filled(env, known),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION_PATH: action,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    INPUTS: JSON.stringify(inputsOf(inputs, filled(given, known))),
  };
  try {
    let ended = { status: 0, log: '' };
    for (const command of isBuilt ? commands.slice(-1) : commands) {
      ended = await runStep(command, workspace, variables);
      if (ended.status !== 0) break;
    }
    const lines = readFileSync(output, 'utf8').split('\n').filter(Boolean);
    const outputs = Object.fromEntries(lines.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]));
    return { ...ended, summary: readFileSync(summary, 'utf8'), outputs };
  } finally {
    rmSync(files, { recursive: true });
  }
}

/** Runs the `run` of a step, in the bash that GitHub uses. */
export async function runStep(code: string, cwd: string, env: Texts): Promise<{ status: number; log: string }> {
  const bash = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', code], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [status]] = await Promise.all([text(bash.stdout), text(bash.stderr), once(bash, 'close')]);
  return { status, log: out + err };
}

/** Texts with each `${{ name }}` replaced. Only names, no expressions: GitHub's own parser checks those. */
export const filled = (texts: Texts, known: Texts): Texts =>
  Object.fromEntries(
    Object.entries(texts).map(([name, value]) => [
      name,
      `${value}`.replaceAll(/\$\{\{ *(.*?) *\}\}/g, (_, asked: string) => {
        const text = known[asked];
        if (text === undefined) throw new Error(`nothing is known of ${asked}`);
        return text;
      }),
    ]),
  );

/** GitHub only warns of an input that does not exist, and does not notice one that is missing. */
function inputsOf(inputs: Action['inputs'], given: Texts): Texts {
  const [unknown] = Object.keys(given).filter((name) => !(name in inputs));
  if (unknown !== undefined) throw new Error(`the action has no input ${unknown}`);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { required = false, default: value = '' }]) => {
      const set = given[name] || value;
      if (required && set === '') throw new Error(`the action needs the input ${name}`);
      return [name, set];
    }),
  );
}
