import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { link } from '@koodrive-backup/lib/pack';
import { startMock } from '@koodrive-backup/mock';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { bundle } from '@koodrive-backup/testkit/bundle';
import { startProvider } from '@koodrive-backup/testkit/provider';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { hasConsumers, inConsumers } from './consumers.ts';
import { recipe } from './recipe.ts';
import { startWorker } from './workerd.ts';

type RouteHandler = (request: Request) => Promise<Response>;

const { examples, parameters } = contract.components;
const { recordId } = examples.CreateBackupRecordResponse.value.data;
const asked = { lockId: parameters.BackupLockId.example, deviceId: examples.CreateBackupRecordRequest.value.deviceId };
const secret = 'keep-it-secret';

let folder: string;
let mock: Awaited<ReturnType<typeof startMock>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recipes-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  const client = join('@koodrive-backup', 'client');
  link(join(import.meta.dirname, 'node_modules', client), join(modules, client));
  if (hasConsumers) {
    for (const name of ['react', 'react-dom', join('@types', 'react')]) link(inConsumers(name), join(modules, name));
  }
  mock = await startMock();
});
afterAll(async () => {
  await mock.close();
  rmSync(folder, { recursive: true });
});

/** Imports the route handler of the recipe, with `url` as the URL of the provider. */
async function routeHandler(name: string, url: string): Promise<RouteHandler> {
  process.env.KOODRIVE_URL = url;
  writeFileSync(join(folder, `${name}.ts`), recipe('app/api/records/route.ts'));
  const { POST } = (await import(join(folder, `${name}.ts`))) as { POST: RouteHandler };
  return POST;
}

describe.runIf(process.env.CHROMIUM_PATH && hasConsumers)('the recipe for React', () => {
  let script: string;
  let browser: Browser;
  beforeAll(async () => {
    writeFileSync(join(folder, 'create-record.tsx'), recipe('app/create-record.tsx'));
    script = await bundle(
      folder,
      `import { createElement, StrictMode } from 'react';
      import { createRoot } from 'react-dom/client';
      import { CreateRecord } from './create-record.tsx';
      const root = createRoot(document.body);
      globalThis.show = (props) => root.render(createElement(StrictMode, {}, props && createElement(CreateRecord, props)));`,
    );
    browser = await chromium.connect(inject('browserUrl') ?? '');
  });
  afterAll(() => browser.close());

  /** Serves a page with the component, and the route handler; opens the page and runs `work` with it. */
  async function withPage(handler: RouteHandler, work: (page: Page) => Promise<void>): Promise<void> {
    const server = createServer(async (message, response) => {
      if (message.url === '/api/records') return answer(handler, message, response);
      const isScript = message.url === '/app.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : '<!doctype html><body></body><script type="module" src="/app.js"></script>');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const page = await browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction('globalThis.show');
      await page.evaluate((props) => Reflect.get(globalThis, 'show')(props), asked);
      await work(page);
    } finally {
      await page.close();
      server.close();
    }
  }

  /** Calls a route handler as a server such as Next.js does. */
  async function answer(handler: RouteHandler, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const controller = new AbortController();
    response.once('close', () => controller.abort());
    const { signal } = controller;
    const request = new Request(`http://h${message.url}`, { method: 'POST', body: await text(message), signal });
    const answered = await handler(request).catch(() => new Response(null, { status: 500 }));
    response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(await answered.text());
  }

  it('creates a record, and keeps the secret out of the browser', async () => {
    await withPage(await routeHandler('route', mock.url), async (page) => {
      const answered = page.waitForResponse('**/api/records');
      await page.getByRole('button').click();
      await page.getByText(`Record ${recordId}`).waitFor();
      const response = await answered;
      const seen = [script, response.request().headers(), response.headers(), await response.text()];
      expect(JSON.stringify(seen)).not.toContain(secret);
    });
  });

  it('shows the reason of a refusal', async () => {
    await withPage(await routeHandler('route', mock.url), async (page) => {
      await page.evaluate((props) => Reflect.get(globalThis, 'show')(props), { ...asked, deviceId: '' });
      await page.getByRole('button').click();
      await page.getByText('Refused: body.deviceId').waitFor();
    });
  });

  it('aborts the call, up to the provider, when the component is removed from the page', async () => {
    let isClosed = false;
    const provider = await startProvider((response) => response.once('close', () => (isClosed = true)));
    try {
      await withPage(await routeHandler('slow-route', provider.url), async (page) => {
        await page.getByRole('button').click();
        await vi.waitFor(() => expect(provider.seen).toHaveLength(1));
        expect(await page.getByRole('button').isDisabled()).toBe(true);
        await page.evaluate(() => Reflect.get(globalThis, 'show')());
        await vi.waitFor(() => expect(isClosed).toBe(true));
      });
    } finally {
      await provider.close();
    }
  });
});

it.skipIf(!hasConsumers)('the recipe for React compiles under the strictest flags', async () => {
  writeFileSync(join(folder, 'create-record.tsx'), recipe('app/create-record.tsx'));
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    module: 'esnext',
    moduleResolution: 'bundler',
    jsx: 'react-jsx',
    types: [],
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
  };
  const project = JSON.stringify({ compilerOptions, files: ['create-record.tsx'] });
  writeFileSync(join(folder, 'tsconfig.json'), project);
  const compile = promisify(execFile)('tsc', ['--project', folder]);
  expect((await compile.catch((error: { stdout: string }) => error)).stdout).toBe('');
});

it.skipIf(!hasConsumers)(
  'the recipe for a Cloudflare Worker creates a record on workerd, and reports the reason of a refusal',
  async () => {
    writeFileSync(join(folder, 'worker-sample.ts'), recipe('worker.ts'));
    const worker = await bundle(folder, "export { default } from './worker-sample.ts';");
    const { url, stop } = await startWorker(folder, worker, {
      KOODRIVE_URL: mock.url,
      KOODRIVE_USER_ID: parameters.UserId.example,
      KOODRIVE_APP_ID: 'an-app',
      KOODRIVE_APP_SECRET: secret,
    });
    try {
      const call = (body: object): Promise<Response> => fetch(url, { method: 'POST', body: JSON.stringify(body) });
      const created = await call(asked);
      expect([created.status, await created.json()]).toMatchObject([201, { recordId }]);
      const refused = await call({ ...asked, deviceId: '' });
      expect([refused.status, await refused.json()]).toMatchObject([502, { msg: expect.stringContaining('deviceId') }]);
    } finally {
      stop();
    }
  },
);
