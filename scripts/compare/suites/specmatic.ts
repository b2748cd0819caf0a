import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { mediaType, readContract } from '@koodrive-backup/spec/contract';
import { contractFile, type Exemplified, writeContract, written } from './contract-for.ts';
import { runProcess } from './run-process.ts';
import { answerLimitMs, type Tool } from './tool.ts';
import { peer, versionOf } from './versions.ts';

/** The name of every example: Specmatic pairs a request and an answer if their examples have the same name. */
const example = 'good';

/** Specmatic generates its tests from the contract. */
export const specmatic: Tool = {
  name: 'specmatic',
  label: `Specmatic ${versionOf('specmatic')}`,
  setup:
    'with generative tests, which are off by default; without the parameter `cursor`, because a correct provider refuses ' +
    'an invented cursor; with letters and digits only in paths, because it ends where it would have to encode others',
  isPeer: true,
  missing: () => (hasJava() ? undefined : '`java` was not installed'),
  prepare: (scene) => writeContract(scene, withNamedExamples),
  async run({ folder, baseUrl, authorization }, signal) {
    // These options make so short a run faster: 9 s instead of 12.
    const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-jar', join(peer('specmatic'), 'specmatic.jar')];
    const args = ['test', contractFile, `--testBaseURL=${baseUrl}`, `--timeout-in-ms=${answerLimitMs}`];
    const env = { SPECMATIC_GENERATIVE_TESTS: 'true', SPECMATIC_DISABLE_TELEMETRY: 'true', accessToken: authorization };
    const output = await runProcess('java', [...java, ...args], { cwd: folder, env, signal });
    const [, total] = /^Tests run: (\d+)/m.exec(output) ?? [];
    if (total === undefined) throw new Error('Specmatic ended without a summary');
    const failed = [...output.matchAll(/^(.*) has FAILED$/gm)].map(([, name]) => `${name}`);
    return { total: Number(total), failed };
  },
};

function hasJava(): boolean {
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A schema of values that are the same when they are encoded for a path. */
const encodedAsItIs = { type: 'string', pattern: '^[a-zA-Z0-9]+$' };

function withNamedExamples(document: object): object {
  for (const operation of readContract(document).operations) {
    const object = written(document, operation);
    const cursors = operation.parameters.filter(({ madeBy }) => madeBy?.operation === operation.id);
    object.parameters = object.parameters
      .filter(({ name }) => !cursors.some((cursor) => cursor.name === name))
      .map((parameter) => named(parameter.in === 'path' ? { ...parameter, schema: encodedAsItIs } : parameter));
    for (const holder of [object.requestBody, object.responses['200']]) {
      if (holder) holder.content[mediaType] = named(holder.content[mediaType] ?? {});
    }
  }
  return document;
}

const named = <Holder extends Exemplified>({ example: value, ...rest }: Holder): Holder =>
  ({ ...rest, examples: { [example]: { value } } }) as unknown as Holder;
