import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { redoclyCli, redoclyEnv } from '@koodrive-backup/lib/redocly';
import { contractFile, writeContract } from './contract-for.ts';
import { runProcess } from './run-process.ts';
import { answerLimitMs, type Tool } from './tool.ts';
import { versionOf } from './versions.ts';

const arazzo = 'openapi.arazzo.yaml';

interface Log {
  files: Record<string, { executedWorkflows: { executedSteps: Step[] }[] }>;
}

interface Step {
  stepId: string;
  checks: { name: string; status: string }[];
}

/** Redocly Respect runs the workflows of an Arazzo file. */
export const respect: Tool = {
  name: 'respect',
  label: `Redocly Respect ${versionOf('@redocly/cli')}`,
  setup: 'with the Arazzo file that `redocly generate-arazzo` generates from the contract',
  async prepare(scene) {
    await writeContract(scene);
    const args = [redoclyCli, 'generate-arazzo', contractFile, '--output-file', arazzo];
    await runProcess(process.execPath, args, {
      cwd: scene.folder,
      env: redoclyEnv,
      signal: AbortSignal.timeout(30_000),
    });
  },
  async run({ folder, authorization }, signal) {
    const limits = ['--max-fetch-timeout', `${answerLimitMs}`];
    const args = [redoclyCli, 'respect', arazzo, '--json-output', 'log.json', ...limits];
    const env = { ...redoclyEnv, REDOCLY_CLI_RESPECT_INPUT: `accessToken=${authorization}` };
    await runProcess(process.execPath, args, { cwd: folder, env, signal });
    const { files } = JSON.parse(readFileSync(join(folder, 'log.json'), 'utf8')) as Log;
    const steps = Object.values(files).flatMap((file) => file.executedWorkflows.flatMap((one) => one.executedSteps));
    const checks = steps.flatMap(({ stepId, checks }) =>
      checks.map((check) => ({ ...check, id: `${stepId} ${check.name}` })),
    );
    return { total: checks.length, failed: checks.filter(({ status }) => status !== 'success').map(({ id }) => id) };
  },
};
