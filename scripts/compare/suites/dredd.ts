import { join } from 'node:path';
import { mediaType, readContract, type Schema } from '@koodrive-backup/spec/contract';
import { contractFile, writeContract, written } from './contract-for.ts';
import { runProcess } from './run-process.ts';
import type { Tool } from './tool.ts';
import { peer, versionOf } from './versions.ts';

/** Dredd calls each operation with its example, and compares the answer with the example. */
export const dredd: Tool = {
  name: 'dredd',
  label: `Dredd ${versionOf('dredd')}`,
  setup:
    'with only the success of each operation, because it expects every documented status from one request; with only ' +
    'the required fields of each example, because it expects all of them',
  isPeer: true,
  prepare: (scene) => writeContract(scene, asDreddReadsIt),
  async run({ folder, baseUrl, authorization }, signal) {
    const script = join(peer('dredd'), 'bin', 'dredd');
    const args = [script, contractFile, baseUrl, '--header', `Authorization: ${authorization}`, '--no-color'];
    const output = await runProcess(process.execPath, args, { cwd: folder, signal });
    const lines = [...output.matchAll(/^(pass|fail|error): ([A-Z]+ \(\d+\) [^\s?]+)/gm)];
    if (!output.includes('complete:')) throw new Error('Dredd ended before it had tested every operation');
    const failed = lines.filter(([, outcome]) => outcome !== 'pass').map(([, , transaction]) => `${transaction}`);
    return { total: new Set(lines.map(([, , transaction]) => transaction)).size, failed };
  },
};

/** Removes the parts of the contract that Dredd misunderstands. */
function asDreddReadsIt(document: object): object {
  for (const operation of readContract(document).operations) {
    const object = written(document, operation);
    const { 200: success } = object.responses;
    const { 200: described } = operation.responses;
    if (!success || !described) throw new Error(`${operation.id} has no answer 200 in the contract`);
    const json = { ...success.content[mediaType], example: mandatoryOf(described.schema, described.example) };
    object.responses = { 200: { ...success, content: { [mediaType]: json } } };
  }
  return document;
}

/** Returns an example with its required fields only. */
function mandatoryOf({ required = [], properties = {}, items }: Schema, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mandatoryOf(items ?? {}, item));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => required.includes(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, mandatoryOf(properties[name] ?? {}, field)]));
}
