import { deepStrictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startServer } from '@koodrive-backup/server';
import { readContract } from '@koodrive-backup/spec/contract';
import { freePort } from '@koodrive-backup/testkit/free-port';
import { exampleCall } from '../measure.ts';
import { startProcess } from '../suites/run-process.ts';
import { commandOf, runCommand, runProgram } from './peers.ts';
import { type Tool, variants } from './tool.ts';

const every = [variants.contract, variants.openapi30, variants.unsigned];

const redocly: Tool = {
  name: '@redocly/cli',
  tried: '`build-docs` created a page with every operation',
  files: every,
  async run({ file, folder }) {
    await runCommand('@redocly/cli', ['build-docs', file, '--output', 'page.html'], folder);
    const page = readFileSync(join(folder, 'page.html'), 'utf8');
    const { contract } = await exampleCall();
    const missing = readContract(contract).operations.find(({ id }) => !page.includes(id));
    if (missing) throw new Error(`the page lacks ${missing.id}`);
  },
};

const swaggerClient: Tool = {
  name: 'swagger-client',
  tried: 'built the request of `createBackupRecord` from the lock and the body alone',
  files: [variants.unsigned, variants.contract, variants.openapi30],
  async run({ file, folder }) {
    const { body, headers } = await exampleCall();
    const program = `
      import { readFileSync } from 'node:fs';
      import SwaggerClient from 'swagger-client';
      const [, file, lockId, requestBody] = process.argv;
      const { spec } = await SwaggerClient.resolve({ spec: JSON.parse(readFileSync(file, 'utf8')) });
      const parameters = { 'x-backup-lock-id': lockId };
      const operationId = 'createBackupRecord';
      const request = SwaggerClient.buildRequest({ spec, operationId, parameters, requestBody: JSON.parse(requestBody) });
      console.log(JSON.stringify(request));`;
    const lockId = headers['x-backup-lock-id'];
    const request = JSON.parse(await runProgram(program, [file, lockId, body], folder));
    deepStrictEqual([request.headers['x-backup-lock-id'], request.body], [lockId, JSON.parse(body)]);
  },
};

interface Item {
  item?: Item[];
  request?: { method: string; body?: { raw?: string } };
}

const openapiToPostman: Tool = {
  name: 'openapi-to-postmanv2',
  tried: 'with `parametersResolution=Example`, created a collection with every operation and the examples as bodies',
  files: every,
  async run({ file, folder }) {
    const args = ['--spec', file, '--output', 'collection.json', '--options', 'parametersResolution=Example'];
    await runCommand('openapi-to-postmanv2', args, folder);
    const leaves = ({ item = [], request }: Item): NonNullable<Item['request']>[] =>
      request ? [request] : item.flatMap(leaves);
    const requests = leaves(JSON.parse(readFileSync(join(folder, 'collection.json'), 'utf8')));
    const { operations } = readContract((await exampleCall()).contract);
    const bodies = (texts: unknown[]): string[] => texts.map((text) => JSON.stringify(text)).toSorted();
    const sent = requests.flatMap(({ body }) => (body?.raw ? [JSON.parse(body.raw)] : []));
    deepStrictEqual(requests.length, operations.length);
    deepStrictEqual(bodies(sent), bodies(operations.flatMap(({ body }) => (body ? [body.example] : []))));
  },
};

const newman: Tool = {
  name: 'newman',
  tried: 'ran the collection against the reference server, and every answer was a success',
  files: ['postman-collection.json'],
  async run({ file, folder }) {
    const server = await startServer({ data: join(folder, 'data') });
    try {
      const { headers } = await exampleCall();
      const userId = headers['x-user-id'];
      const variables = { baseUrl: server.url, userId, accessToken: await server.issueToken(userId) };
      const given = Object.entries(variables).flatMap(([name, value]) => ['--env-var', `${name}=${value}`]);
      await runCommand('newman', ['run', file, ...given], folder);
    } finally {
      await server.close();
    }
  },
};

const prism: Tool = {
  name: '@stoplight/prism-cli',
  tried: '`mock` answered `createBackupRecord` with the example, and refused a body that the contract refuses',
  files: every,
  async run({ file, folder }) {
    const args = [commandOf('@stoplight/prism-cli'), 'mock', file, '--port', `${await freePort()}`];
    const child = startProcess(process.execPath, args, { cwd: folder, signal: AbortSignal.timeout(120_000) });
    try {
      const { body, contract, headers, path } = await exampleCall();
      const url = await listening(child.output);
      const call = (text: string): Promise<Response> => fetch(url + path, { method: 'POST', headers, body: text });
      const { value } = contract.components.examples.CreateBackupRecordResponse;
      deepStrictEqual(await (await call(body)).json(), value);
      deepStrictEqual((await call('{}')).status, 400);
    } finally {
      await child.stop();
    }
  },
};

/** Waits until Prism listens, and returns its URL. */
async function listening(output: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: output })) {
    lines.push(line);
    const [url] = (line.includes('listening') && /http:\/\/[\d.:]+/.exec(line)) || [];
    if (url) return url;
  }
  throw new Error(lines.join('\n') || 'Prism did not start, and printed nothing');
}

const openapiBackend: Tool = {
  name: 'openapi-backend',
  tried: 'in `strict` mode, accepted the example, refused a wrong body, and answered with the example',
  files: every,
  async run({ file, folder }) {
    const { body, contract, headers, path } = await exampleCall();
    const program = `
      import { OpenAPIBackend } from 'openapi-backend';
      const [, definition, path, headers, body] = process.argv;
      const api = new OpenAPIBackend({ definition, strict: true, ajvOpts: { logger: false } });
      await api.init();
      const request = { method: 'POST', path, headers: JSON.parse(headers), body: JSON.parse(body) };
      const verdicts = [request, { ...request, body: {} }].map((one) => api.validateRequest(one).valid);
      console.log(JSON.stringify([...verdicts, api.mockResponseForOperation('createBackupRecord').mock]));`;
    const printed = await runProgram(program, [file, path, JSON.stringify(headers), body], folder);
    const { value } = contract.components.examples.CreateBackupRecordResponse;
    deepStrictEqual(JSON.parse(printed), [true, false, value]);
  },
};

/** Tools that render, import or mock the contract. */
export const readerTools: Tool[] = [redocly, swaggerClient, openapiToPostman, newman, prism, openapiBackend];
