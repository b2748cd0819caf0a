import { join } from 'node:path';
import { type OpenapiDocument, operationsOf, type Reference, resolve } from '@koodrive-backup/spec/openapi-document';
import { contractFile, writeContract } from './contract-for.ts';
import { runProcess } from './run-process.ts';
import type { Tool } from './tool.ts';
import { peer, versionOf } from './versions.ts';

/** Dredd: calls each operation as its examples have it. */
export const dredd: Tool = {
  name: 'dredd',
  label: `Dredd ${versionOf('dredd')}`,
  setup:
    'with what is mandatory of each success only, since it expects every documented status of one request, and every ' +
    'field of an example, and with the charset that the provider sends',
  isPeer: true,
  prepare: (scene) => writeContract(scene, asDreddReadsIt),
  async run({ folder, baseUrl, authorization }, signal) {
    const script = join(peer('dredd'), 'bin', 'dredd');
    const args = [script, contractFile, baseUrl, '--header', `Authorization: ${authorization}`, '--no-color'];
    const output = await runProcess(process.execPath, args, { cwd: folder, signal });
    const lines = [...output.matchAll(/^(pass|fail|error): ([A-Z]+ \(\d+\) [^\s?]+)/gm)];
    if (!output.includes('complete:')) throw new Error('dredd did not come to its end');
    const failed = lines.filter(([, outcome]) => outcome !== 'pass').map(([, , transaction]) => `${transaction}`);
    return { total: new Set(lines.map(([, , transaction]) => transaction)).size, failed };
  },
};

/** The contract without what Dredd misunderstands. */
function asDreddReadsIt(document: OpenapiDocument): OpenapiDocument {
  for (const { operation } of operationsOf(document)) {
    const success = operation.responses?.['200'];
    const json = success && 'content' in success ? success.content?.['application/json'] : undefined;
    if (!json?.schema) throw new Error(`${operation.operationId} has no success in JSON`);
    const example = mandatoryOf(document, json.schema, json.example);
    operation.responses = { 200: { ...success, content: { 'application/json; charset=utf-8': { ...json, example } } } };
  }
  return document;
}

interface Schema {
  required?: string[];
  properties?: Record<string, Schema | Reference>;
  items?: Schema | Reference;
}

/** The mandatory part of an example. */
function mandatoryOf(document: OpenapiDocument, node: Schema | Reference, value: unknown): unknown {
  const { required = [], properties = {}, items } = resolve<Schema>(document, node);
  if (Array.isArray(value)) return value.map((item) => mandatoryOf(document, items ?? {}, item));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => required.includes(name));
  return Object.fromEntries(
    fields.map(([name, field]) => [name, mandatoryOf(document, properties[name] ?? {}, field)]),
  );
}
