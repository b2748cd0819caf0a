import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as client from '@koodrive-backup/client';
import manifest from '@koodrive-backup/client/package.json' with { type: 'json' };
import { link, unpackInto } from '@koodrive-backup/lib/pack';
import { startMock } from '@koodrive-backup/mock';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { bundle, bytesOf } from '@koodrive-backup/testkit/bundle';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { hasConsumers, inConsumers } from './consumers.ts';
import { recipe } from './recipe.ts';
import { startWorker } from './workerd.ts';

const { examples, parameters } = contract.components;
const isSoak = process.env.MODE === 'soak';
const run = promisify(execFile);

// A program that uses the client, in JavaScript that every runtime supports.
const use = `
import {
  accessToken, appSignature, createBackupClient, decodeProperties, encodeProperties, isBackupError, unwrap,
} from '@koodrive-backup/client';

export async function use({ baseUrl, nobody, userId, lockId, body }) {
  const create = (options, changes, init) => unwrap(
    createBackupClient({ baseUrl, auth: accessToken('t'), userId, ...options }).POST('/koodrive/ose/v1/backup/record', {
      params: { header: { 'x-backup-lock-id': lockId } },
      body: { ...body, ...changes },
      ...init,
    }),
  );
  const errorOf = (call) => call.then(() => undefined, (error) => error);
  let userAgent;
  const seeing = (url, init) => {
    userAgent = new Headers(init.headers).get('user-agent');
    return fetch(url, init);
  };
  const signature = await create({ auth: appSignature({ appId: 'app', appSecret: 'secret' }), fetch: seeing });
  const never = accessToken(() => new Promise(() => {}));
  const controller = new AbortController();
  const aborted = errorOf(create({ auth: never }, {}, { signal: controller.signal }));
  controller.abort('the reason');
  let attempts = 0;
  const onAttempt = () => { attempts += 1; };
  const refused = await errorOf(create({}, { deviceId: 1 }));
  const unreachable = await errorOf(create({ baseUrl: nobody, retry: { limit: 1 }, onAttempt }));
  return {
    token: (await create({})).recordId,
    signature: signature.recordId,
    userAgent,
    refused: isBackupError(refused) && refused.code,
    unreachable: unreachable?.name,
    attempts,
    late: (await errorOf(create({ auth: never }, {}, { deadlineMs: 50 })))?.name,
    aborted: await aborted,
    impossible: (await errorOf(create({}, {}, { params: { header: { 'x-backup-lock-id': '' } } })))?.name,
    properties: decodeProperties({ properties: encodeProperties({ a: [1] }) }),
  };
}
`;

const clientTarball = () => inject('tarballs').filter(({ name }) => name === '@koodrive-backup/client');

let consumer: string;
let mock: Awaited<ReturnType<typeof startMock>>;
let config: string;

beforeAll(async () => {
  consumer = mkdtempSync(join(tmpdir(), 'consumer-'));
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }');
  unpackInto(consumer, clientTarball());
  mock = await startMock();
  const gone = await startMock();
  await gone.close();
  config = JSON.stringify({
    baseUrl: mock.url,
    nobody: gone.url,
    userId: parameters.UserId.example,
    lockId: parameters.BackupLockId.example,
    body: examples.CreateBackupRecordRequest.value,
  });
  const program = `import { use } from './use.mjs';\nconsole.log(JSON.stringify(await use(${config})));\n`;
  // The same program in CommonJS.
  const required = use.replace(/import (\{[^}]*\}) from (.*);/, 'const $1 = require($2);').replace('export ', '');
  writeFileSync(
    join(consumer, 'program.cjs'),
    `${required}\nuse(${config}).then((u) => console.log(JSON.stringify(u)));`,
  );
  writeFileSync(join(consumer, 'use.mjs'), use);
  writeFileSync(join(consumer, 'program.mjs'), program);
});
afterAll(async () => {
  await mock.close();
  rmSync(consumer, { recursive: true });
});

const expected = ({
  attempts = 2,
  userAgent = `koodrive-backup-client/${manifest.version}` as string | null,
} = {}): object => ({
  token: examples.CreateBackupRecordResponse.value.data.recordId,
  signature: examples.CreateBackupRecordResponse.value.data.recordId,
  userAgent,
  refused: client.errorCodes.parameterCheckFailed,
  unreachable: 'BackupNetworkError',
  attempts,
  late: 'BackupTimeoutError',
  aborted: 'the reason',
  impossible: 'BackupRequestError',
  properties: { a: [1] },
});

describe.concurrent('the packed client runs', () => {
  const runsOn = async (command: string, ...args: string[]): Promise<void> => {
    const { stdout } = await run(command, [...args, 'program.mjs'], { cwd: consumer });
    expect(JSON.parse(stdout)).toEqual(expected());
  };
  const isRequiredOn = async (node: string): Promise<void> => {
    const { stdout, stderr } = await run(node, ['program.cjs'], { cwd: consumer });
    // Node must not even print a warning.
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(expected());
    writeFileSync(join(consumer, 'create-client.cjs'), recipe('create-client.cjs'));
    const recipeRuns = 'require("./create-client.cjs").GET("/koodrive/ose/v1/backup/device").then(console.log)';
    const env = { ...process.env, KOODRIVE_URL: mock.url };
    expect((await run(node, ['--eval', recipeRuns], { cwd: consumer, env })).stdout).toContain("msg: 'success'");
  };

  it('on this Node', () => runsOn(process.execPath));

  it('on this Node, required by CommonJS', () => isRequiredOn(process.execPath));

  // The runtimes are installed on Linux on x64 only.
  describe.skipIf(!hasConsumers)('on Linux', () => {
    describe.each(['20', '22', '24'])('on Node %s', (version) => {
      const node = inConsumers(`node-${version}`, 'bin', 'node');

      it('imported by ESM', () => runsOn(node));

      // Outside soak only on the oldest Node. With the test on this Node, that is enough to show that the client can be
      // required.
      it.runIf(isSoak || version === '20')('required by CommonJS', () => isRequiredOn(node));
    });

    it('on Bun', () => runsOn(inConsumers('@oven', 'bun-linux-x64-baseline', 'bin', 'bun'), 'run'));

    it('on Deno', () => {
      const flags = ['--allow-net', '--no-remote', '--node-modules-dir=manual'];
      return runsOn(inConsumers('@deno', 'linux-x64-glibc', 'deno'), 'run', ...flags);
    });

    it('on workerd', async () => {
      const worker = await bundle(
        consumer,
        `import { use } from './use.mjs';
        export default { fetch: async () => Response.json(await use(${config})) };`,
      );
      const { url, stop } = await startWorker(consumer, worker);
      try {
        const response = await fetch(url);
        // workerd does not report why a connection failed, so the client does not send the request again.
        expect(await response.json()).toEqual(expected({ attempts: 1 }));
      } finally {
        stop();
      }
    });
  });

  it.runIf(process.env.CHROMIUM_PATH)('in Chromium', async () => {
    const program = await bundle(consumer, `import { use } from './use.mjs'; globalThis.use = () => use(${config});`);
    const browser = await chromium.connect(inject('browserUrl') ?? '');
    try {
      const page = await browser.newPage();
      // A page of the mock, because WebCrypto works on addresses of this machine, but not on about:blank.
      await page.goto(`${mock.url}/`);
      await page.addScriptTag({ type: 'module', content: program });
      await page.waitForFunction('globalThis.use');
      // A browser does not report why a connection failed, so the client does not send the request again.
      expect(await page.evaluate('globalThis.use()')).toEqual(expected({ attempts: 1, userAgent: null }));
    } finally {
      await browser.close();
    }
  });
});

// Jest is installed with the other runtimes, on Linux on x64 only.
describe.skipIf(!hasConsumers)('the packed client runs in Jest', { concurrent: true }, () => {
  const test = `
const params = { header: { 'x-backup-lock-id': 'lock' } };
const body = { moduleCode: '101', deviceId: '1' };
it('creates a record', async () => {
  const client = createBackupClient({ baseUrl: process.env.KOODRIVE_URL, auth: accessToken('t'), userId: '1' });
  const { status } = await unwrap(client.POST('/koodrive/ose/v1/backup/record', { params, body }));
  expect(status).toBe(0);
});
`;
  const names = '{ accessToken, createBackupClient, unwrap }';
  const imported = `import ${names} from '@koodrive-backup/client';\n${test}`;
  const required = `const ${names} = require('@koodrive-backup/client');\n${test}`;
  const babel = { 'jest.config.js': recipe('jest.config.js'), 'babel.config.js': recipe('babel.config.js') };
  const esm = { NODE_OPTIONS: '--experimental-vm-modules' };

  const ways: [string, Record<string, string>, NodeJS.ProcessEnv][] = [
    ['in its ESM mode', { 'a.test.mjs': imported }, esm],
    ['compiled by Babel, required by a test', { 'a.test.js': required, ...babel }, {}],
    ['compiled by Babel, imported by a test', { 'a.test.js': imported, ...babel }, {}],
  ];

  it.each(isSoak ? ways : ways.slice(0, 2))('%s', async (_how, files, env) => {
    const folder = mkdtempSync(join(tmpdir(), 'jest-'));
    try {
      unpackInto(folder, clientTarball());
      const plugin = join('@babel', 'plugin-transform-modules-commonjs');
      link(inConsumers(plugin), join(folder, 'node_modules', plugin));
      writeFileSync(join(folder, 'package.json'), '{ "private": true }');
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      // On the oldest Node, because there Jest has the fewest features.
      const node = inConsumers('node-20', 'bin', 'node');
      const options = { cwd: folder, env: { ...process.env, ...env, KOODRIVE_URL: mock.url } };
      // Jest's own 5 seconds are too few on a busy machine: the first call compiles all modules.
      const jest = [inConsumers('jest', 'bin', 'jest.js'), '--no-watchman', '--testTimeout=300000'];
      const { stderr } = await run(node, jest, options);
      expect(stderr).toContain('Tests:       1 passed, 1 total');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the packed client costs', () => {
  // Ceilings in bytes, minified and gzipped; openapi-fetch alone is 2,530. A higher ceiling needs a reason here.
  // 6,400 to 6,900: the client lists every sign of a request that was never sent, and names each part of the decision to
  // send a request again.
  // 6,900 to 7,150: errorCodes has all codes that the vendor publishes. A program without that import does not pay.
  // 7,150 to 10,500: a deadline for each call; a token for each user; errors with the facts that a support team asks for;
  // credentials that are found in any encoding; ids that are checked before a request is sent; a clock that ignores the
  // time of a wrong gateway.
  // 10,500 to 10,650: the kind of each setting is checked, because a deadline that is a string of digits, as the
  // environment has it, made every call fail after its record was created.
  // 10,650 to 10,900: all waits of calls share one listener of a signal, because more than ten made Node 20 warn of a
  // leak; and each refused option or property says what is wrong with it.
  it.each([
    ['calls, authentication, errors and properties', [], 10_900],
    // 350: a path that is no list ends with an error of the client.
    ['lists', ['iterate'], 350],
    // 870: a deadline for each renewal, the wait for a lock, and the release of a lock that arrives after an abort.
    ['locks', ['withBackupLock'], 870],
  ])('no more bytes than its ceiling for %s', async (_what, names, ceiling) => {
    const core = Object.keys(client).filter((name) => !['iterate', 'withBackupLock'].includes(name));
    const bytes = (imported: string[]): Promise<number> =>
      bytesOf(consumer, `import { ${imported} } from '@koodrive-backup/client'; globalThis.used = [${imported}];`);
    const withoutThem = names.length > 0 ? await bytes(core) : 0;
    expect((await bytes([...core, ...names])) - withoutThem).toBeLessThanOrEqual(ceiling);
  });

  it.each(['BackupApiError', 'isBackupError', 'errorCodes'])('less than half a KiB for %s alone', async (name) => {
    expect(
      await bytesOf(consumer, `import { ${name} } from '@koodrive-backup/client'; console.log(${name});`),
    ).toBeLessThan(512);
  });

  it('no memory for calls that have ended, even if their signal is used again', async () => {
    const calls = isSoak ? 100_000 : 20_000;
    const program = `
      import { accessToken, createBackupClient } from '@koodrive-backup/client';
      const body = JSON.stringify({ code: 0, msg: 'success', data: {} });
      const fetch = async () => new Response(body, { headers: { date: new Date().toUTCString() } });
      const client = createBackupClient({ baseUrl: 'https://h', auth: accessToken('t'), userId: '1', fetch });
      const { signal } = new AbortController();
      const call = () => client.POST('/koodrive/ose/v1/backup/record', {
        params: { header: { 'x-backup-lock-id': 'l' } }, body: { moduleCode: '101', deviceId: '1' }, signal,
      });
      const heapAfter = async (calls) => {
        for (let count = 0; count < calls; count++) await call();
        await new Promise(setImmediate);
        gc();
        return process.memoryUsage().heapUsed;
      };
      const before = await heapAfter(5_000);
      console.log((await heapAfter(${calls})) - before);
    `;
    writeFileSync(join(consumer, 'memory.mjs'), program);
    const { stdout } = await run(process.execPath, ['--expose-gc', 'memory.mjs'], { cwd: consumer });
    expect(Number(stdout)).toBeLessThan(1_000_000);
  });
});

describe.concurrent('a consumer compiles', () => {
  const sample = `
import {
  accessToken, type Attempt, type BackupClient, BackupApiError, type BackupLockError, type components,
  createBackupClient, encodeProperties, isBackupError, unwrap, withBackupLock,
} from '@koodrive-backup/client';

const client: BackupClient = createBackupClient({
  baseUrl: 'http://127.0.0.1:4010',
  auth: accessToken(async ({ userId, signal }) => (signal.aborted ? '' : userId)),
  userId: () => '1',
  retry: { limit: 1 },
  deadlineMs: 60_000,
  fetch,
  onAttempt: async ({ callId, delayMs }: Attempt) => console.log(callId, delayMs),
});
interface Album { name: string; parts?: number[] }
const album: Album = { name: 'Summer' };
const header = { 'x-backup-lock-id': 'lock' };
export async function create(signal?: AbortSignal): Promise<components['schemas']['BackupRecord'] | undefined> {
  const body = { moduleCode: '101', deviceId: '1', properties: encodeProperties(album) } as const;
  try {
    return await unwrap(
      client.POST('/koodrive/ose/v1/backup/record', { params: { header }, body, signal, retry: { limit: 0 } }),
    );
  } catch (error) {
    if (error instanceof BackupApiError) console.log(error.status, error.code, error.headers.get('date'));
    if (!isBackupError(error)) throw error;
    if (error.name === 'BackupParseError') console.log(error.body, error.requestId, error.attempts);
    if (error.name === 'BackupLockError') console.log(error.lockId satisfies BackupLockError['lockId']);
    return undefined;
  }
}
export const created = withBackupLock(client, { moduleCode: '101', waitMs: 1000 }, ({ signal }) => create(signal));
// @ts-expect-error there is no module 103
void client.POST('/koodrive/ose/v1/backup/record', { params: { header }, body: { moduleCode: '103', deviceId: '1' } });
`;
  const moduleOf = { nodenext: 'nodenext', bundler: 'esnext' } as const;
  type Resolution = keyof typeof moduleOf;
  // Outside soak only the oldest and the newest: code that both accept, those between accept too.
  const versions = isSoak ? ['5.5', '5.9', '6.0', '7.0'] : ['5.5', '7.0'];
  // Outside soak each version and each resolution once; in soak all pairs.
  const pairs = versions.flatMap((version, index) => {
    const resolutions: Resolution[] = ['nodenext', 'bundler'];
    return (isSoak ? resolutions : resolutions.filter((_, at) => at === index % 2)).map(
      (one) => [version, one] as const,
    );
  });

  // The compilers are installed with the runtimes, on Linux on x64 only.
  it.skipIf(!hasConsumers).each(pairs)(
    'with TypeScript %s, resolved as %s, under the strictest flags',
    async (version, moduleResolution) => {
      const name = `sample-${version}-${moduleResolution}`;
      writeFileSync(join(consumer, `${name}.ts`), sample);
      const compilerOptions = {
        target: 'es2022',
        lib: ['es2022', 'dom', 'dom.iterable'],
        module: moduleOf[moduleResolution],
        moduleResolution,
        types: [],
        noEmit: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        noImplicitOverride: true,
        noPropertyAccessFromIndexSignature: true,
        noUncheckedIndexedAccess: true,
        verbatimModuleSyntax: true,
        isolatedModules: true,
        skipLibCheck: false,
        // Skip the compiler's own declarations: they take longest, and are not the client's.
        skipDefaultLibCheck: true,
      };
      writeFileSync(join(consumer, `${name}.json`), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
      const tsc = inConsumers(`typescript-${version}`, 'bin', 'tsc');
      const compile = run(process.execPath, [tsc, '--project', `${name}.json`], { cwd: consumer });
      expect(await compile.catch((error) => error)).toMatchObject({ stdout: '', stderr: '' });
    },
  );
});
