import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractFile, writeContract } from './contract-for.ts';
import { runProcess } from './run-process.ts';
import { answerLimitMs, type Tool } from './tool.ts';
import { peer, versionOf } from './versions.ts';

const on = { enabled: true };
const answers = { contentType: on, jsonBody: on, schemaValidation: on };
const bounds = { minimumNumberFields: on, maximumNumberFields: on, minLengthFields: on, maxLengthFields: on };
const fuzzing = [{ ...bounds, requiredFields: on }];
const everyOperation = { openApiOperation: '*::/*' };
const refusal = (status: string) => ({
  openApiResponse: status,
  tests: { contractTests: [{ statusCode: on, ...answers }] },
});

const tests = {
  contractTests: [{ ...everyOperation, statusSuccess: on, headersPresent: on, ...answers }],
  variationTests: [
    {
      ...everyOperation,
      openApiResponse: '401',
      variations: [
        { name: 'no credential', overwrites: [{ overwriteRequestSecurity: { noauth: {} } }], ...refusal('401') },
        {
          name: 'wrong token',
          overwrites: [
            { overwriteRequestSecurity: { apiKey: { key: 'Authorization', value: 'Bearer+w', in: 'header' } } },
          ],
          ...refusal('401'),
        },
      ],
    },
    {
      ...everyOperation,
      openApiResponse: '400',
      variations: [
        {
          name: 'invalid',
          fuzzing: [{ requestBody: fuzzing, requestQueryParams: fuzzing, requestHeaders: fuzzing }],
          ...refusal('400'),
        },
      ],
    },
  ],
};

interface Run {
  run: {
    stats: { assertions: { total: number } };
    failures: { source?: { name: string }; error: { name: string; test?: string } }[];
  };
}

/** Portman converts a contract into a Postman collection with tests, which Newman runs. */
export const portman: Tool = {
  name: 'portman',
  label: `Portman ${versionOf('@apideck/portman')}`,
  setup: 'with Newman, all its contract tests, all its fuzzing, and a missing and a wrong token for every operation',
  isPeer: true,
  async prepare(scene) {
    await writeContract(scene);
    const { folder, authorization } = scene;
    const apiKey = { key: 'Authorization', value: authorization, in: 'header' };
    const config = { version: 1, tests, globals: { securityOverwrites: { apiKey } } };
    writeFileSync(join(folder, 'portman.json'), JSON.stringify(config));
  },
  async run({ folder, baseUrl }, signal) {
    const newman = {
      reporters: ['json'],
      reporter: { json: { export: 'newman.json' } },
      timeoutRequest: answerLimitMs,
      abortOnFailure: false,
    };
    const files = ['--local', contractFile, '--portmanConfigFile', 'portman.json', '--output', 'collection.json'];
    const run = ['--baseUrl', baseUrl, '--runNewman', 'true', '--newmanRunOptions', JSON.stringify(newman)];
    const script = join(peer('@apideck/portman'), 'bin', 'portman');
    await runProcess(process.execPath, [script, ...files, ...run], { cwd: folder, signal });
    const { stats, failures } = (JSON.parse(readFileSync(join(folder, 'newman.json'), 'utf8')) as Run).run;
    const failed = failures.map(({ source, error }) => `${source?.name} ${error.test ?? error.name}`);
    return { total: stats.assertions.total, failed };
  },
};
