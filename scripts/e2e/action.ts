// Runs the conformance action as a step of a workflow does: the commands of action.yml, with the inputs of the step.
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

/** The result of a use of the action. */
export interface Used {
  status: number;
  log: string;
  /** The job summary that it wrote, in Markdown. */
  summary: string;
  outputs: Texts;
}

/** The surroundings of a use of the action. */
export interface Use {
  /** The folder of the job. */
  workspace: string;
  /** The value of each `${{ … }}` in the step. */
  known?: Texts;
  /** The folder of the action. Default: that of this work tree, which is built already. */
  action?: string;
  /** Whether the action is built. If not, its build steps run first, as on a runner. Default: yes. */
  isBuilt?: boolean;
}

const built = join(rootDir, 'packages', 'conformance');

/**
 * Runs the steps of the action in bash.
 *
 * @throws Error if the step has an input that the action does not know, or lacks one that the action requires.
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

/** Runs the `run` of a step in bash, with the flags that GitHub uses. */
export async function runStep(code: string, cwd: string, env: Texts): Promise<{ status: number; log: string }> {
  const bash = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', code], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [status]] = await Promise.all([text(bash.stdout), text(bash.stderr), once(bash, 'close')]);
  return { status, log: out + err };
}

/** Replaces each `${{ name }}` in texts. Handles names only, because GitHub's own parser checks the expressions. */
export const filled = (texts: Texts, known: Texts): Texts =>
  Object.fromEntries(
    Object.entries(texts).map(([name, value]) => [
      name,
      `${value}`.replaceAll(/\$\{\{ *(.*?) *\}\}/g, (_, asked: string) => {
        const text = known[asked];
        if (text === undefined) throw new Error(`the test has no value for ${asked}`);
        return text;
      }),
    ]),
  );

/**
 * Returns the value of every input. Throws for an unknown and for a missing input, because GitHub only warns of the
 * first and ignores the second.
 */
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
