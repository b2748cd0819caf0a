import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { mediaType, type Operation, type Parameter, readContract } from '@koodrive-backup/spec/contract';
import { freePort } from '@koodrive-backup/testkit/free-port';
import { contractFile, writeContract } from './contract-for.ts';
import { startProcess } from './run-process.ts';
import type { Scene } from './stage.ts';
import { answerLimitMs, type Tool } from './tool.ts';
import { installed, versionOf } from './versions.ts';

/** Prism, as a proxy in front of a provider that validates requests and answers. */
export const prism: Tool = {
  name: 'prism',
  label: `Prism ${versionOf('@stoplight/prism-cli')}`,
  setup:
    'as a proxy with `--errors`; each operation is called through it once with its example, and again with an unknown ' +
    'id if it has an id in its path',
  prepare: (scene) => writeContract(scene),
  async run(scene, signal) {
    const document = JSON.parse(readFileSync(join(scene.folder, contractFile), 'utf8'));
    const calls = readContract(document).operations.flatMap(callsOf);
    const command = join(installed('@stoplight/prism-cli'), 'dist', 'index.js');
    const args = [command, 'proxy', contractFile, scene.baseUrl, '--errors', '--port', `${await freePort()}`];
    const child = startProcess(process.execPath, args, { cwd: scene.folder, signal });
    try {
      const proxy = await listening(child.output);
      const failed: string[] = [];
      for (const call of calls) if (!(await isAllowed(call, proxy, scene, signal))) failed.push(call.name);
      return { total: calls.length, failed };
    } finally {
      await child.stop();
    }
  },
};

interface Call {
  name: string;
  method: string;
  target: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** Whether the provider has to accept it. */
  isGood: boolean;
}

function callsOf({ id: operationId, path, method, parameters, body }: Operation): Call[] {
  const valuesIn = (where: Parameter['in']): [string, string][] =>
    parameters.filter((one) => one.in === where).map(({ name, example }) => [name, `${example}`]);
  const query = new URLSearchParams(valuesIn('query'));
  const call = (name: string, ids: [string, string][], isGood: boolean): Call => ({
    name: `${operationId} ${name}`,
    method,
    target: `${ids.reduce((target, [id, value]) => target.replace(`{${id}}`, value), path)}${query.size > 0 ? `?${query}` : ''}`,
    headers: { ...Object.fromEntries(valuesIn('header')), ...(body && { 'content-type': mediaType }) },
    body: body && JSON.stringify(body.example),
    isGood,
  });
  const ids = valuesIn('path');
  const good = call('with its example', ids, true);
  const unknown: [string, string][] = ids.map(([id]) => [id, '1']);
  return ids.length > 0 ? [good, call('with an unknown id', unknown, false)] : [good];
}

async function isAllowed(call: Call, proxy: string, { authorization }: Scene, signal: AbortSignal): Promise<boolean> {
  const { method, target, headers, body, isGood } = call;
  try {
    const response = await fetch(`${proxy}${target}`, {
      method,
      headers: { ...headers, authorization },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
    });
    const isProblem = (await response.text()).includes('https://stoplight.io/prism/errors');
    return !isProblem && (response.ok || !isGood);
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}

/** Waits until Prism listens, and returns its URL. */
async function listening(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line.includes('listening') ? line : '') ?? [];
    if (url) {
      output.resume();
      return url;
    }
  }
  throw new Error('Prism did not start');
}
