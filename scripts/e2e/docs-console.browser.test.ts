import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, request as send } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { type Mock, startMock } from '@koodrive-backup/mock';
import { freePort } from '@koodrive-backup/testkit/free-port';
import { answer, startProvider } from '@koodrive-backup/testkit/provider';
import { startProcess } from '@koodrive-backup/testkit/server-process';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';

const docs = pathToFileURL(join(rootDir, 'packages', 'docs', 'dist', 'index.html')).href;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const anyOrigin = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type, x-backup-lock-id, x-date, x-user-id',
  'access-control-allow-methods': '*',
};

describe.skipIf(!process.env.CHROMIUM_PATH)('the console of the docs', () => {
  const errors: string[] = [];
  let browser: Browser;
  let page: Page;
  let dialog: Locator;
  let mock: Mock;
  beforeAll(async () => {
    mock = await startMock();
    browser = await chromium.connect(inject('browserUrl') ?? '');
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
    page.on('pageerror', (error) => errors.push(error.message));
    dialog = page.getByRole('dialog', { name: 'Try it' });
    await page.goto(docs);
    await open('createBackupRecord');
  });
  afterEach(() => expect(errors.splice(0)).toEqual([]));
  afterAll(async () => {
    await browser?.close();
    await mock?.close();
  });

  /** Opens the console by the link in an operation, and enters the address of the mock. */
  async function open(operationId: string): Promise<void> {
    if (await dialog.isVisible()) await dialog.getByRole('button', { name: 'Close' }).click();
    await page.locator(`a[href="#try/${operationId}"]`).press('Enter');
    await dialog.getByLabel('Address').fill(mock.url);
  }

  /** Sends the request, and returns the line that reports its outcome. */
  async function sent(): Promise<string> {
    const outcome = dialog.getByRole('status');
    await outcome.evaluate((element) => element.replaceChildren());
    await dialog.getByRole('button', { name: 'Send' }).click();
    await outcome.filter({ hasText: /\.$/ }).waitFor();
    return (await outcome.textContent()) ?? '';
  }

  const shown = (): Promise<string | null> => dialog.textContent();

  it('sends an example with a token that the mock accepts, and shows request, answer and the same call', async () => {
    await dialog.getByLabel('Token', { exact: true }).fill('token-of-the-test');
    const [request, outcome] = await Promise.all([page.waitForRequest(`${mock.url}/**`), sent()]);
    expect(await request.allHeaders()).toMatchObject({
      authorization: 'Bearer+token-of-the-test',
      'x-user-id': '1505084218764547200',
      'x-backup-lock-id': '78e41c7e-db02-4d55-85b3-8153e4fefd2e@102',
    });
    expect(outcome).toBe('Accepted, with HTTP status 200. The answer keeps to the contract.');
    const text = await shown();
    for (const part of [
      `POST ${mock.url}/koodrive/ose/v1/backup/record`,
      '"recordId": "1842862763295184641"',
      'curl "$KOODRIVE_URL/koodrive/ose/v1/backup/record"',
      "client.POST('/koodrive/ose/v1/backup/record', {",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('token-of-the-test');
  });

  it('names each violation of a request before it is sent, and sends it all the same', async () => {
    await open('createBackupRecord');
    await dialog.getByLabel('JSON').fill('{ "moduleCode": "999" }');
    const violations = [
      'body.deviceId is missing',
      'body.moduleCode must be equal to one of the allowed values: 100, 101, 102',
    ];
    for (const text of violations) await dialog.getByRole('listitem').filter({ hasText: text }).waitFor();
    expect(await sent()).toBe('Refused, with HTTP status 400. The answer keeps to the contract.');
    expect(await shown()).toContain(`"msg": "${violations.join('; ')}"`);
    await dialog.getByLabel('JSON').fill('{');
    await dialog.getByRole('listitem').filter({ hasText: 'body is not JSON' }).waitFor();
  });

  it('shows what the client refuses to send', async () => {
    await open('getBackupRecord');
    await dialog.getByLabel('recordId').fill('..');
    expect(await sent()).toBe('Nothing was sent.');
    await expect.poll(() => dialog.getByRole('alert').textContent()).toContain('The client refuses: ');
  });

  it('names each violation of an answer', async () => {
    const provider = await startProvider((response, _count, { method }) =>
      answer(response, 200, method === 'OPTIONS' ? {} : { code: 0, msg: 'success', data: { recordId: 5 } }, anyOrigin),
    );
    await open('getBackupRecord');
    await dialog.getByLabel('Address').fill(provider.url);
    expect(await sent()).toMatch(
      /^Accepted, with HTTP status 200\. The answer violates the contract in (1 way|\d ways)\.$/,
    );
    await dialog.getByRole('listitem').filter({ hasText: 'body.data.recordId must be string' }).waitFor();
    await provider.close();
  });

  it('signs with the app secret, and the reference server accepts that; ids that it created are filled in', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'docs-console-test-'));
    const cli = join(rootDir, 'packages', 'server', 'dist', 'cli.js');
    const issue = [cli, 'app', 'issue', '--user', '1505084218764547200', '--data', folder];
    const { stdout } = await promisify(execFile)(process.execPath, issue);
    const [, appId = '', appSecret = ''] = /^app id +(\S+)\napp secret +(\S+)/.exec(stdout) ?? [];
    const server = await startProcess({ data: folder });
    const gateway = await startGateway(server.url);
    await open('createBackupLock');
    await dialog.getByLabel('Address').fill(gateway.url);
    await dialog.getByLabel('App id and app secret').check();
    await dialog.getByLabel('App id', { exact: true }).fill(appId);
    await dialog.getByLabel('App secret', { exact: true }).fill('another-secret');
    expect(await sent()).toBe('Refused, with HTTP status 401. The answer keeps to the contract.');
    await dialog.getByLabel('App secret', { exact: true }).fill(appSecret);
    const accepted = 'Accepted, with HTTP status 200. The answer keeps to the contract.';
    expect(await sent()).toBe(accepted);
    await dialog.getByLabel('Operation').selectOption('releaseBackupLock');
    expect(await dialog.getByLabel('x-backup-lock-id').inputValue()).not.toBe(
      '78e41c7e-db02-4d55-85b3-8153e4fefd2e@102',
    );
    expect(await sent()).toBe(accepted);
    expect(await page.content()).not.toContain(appSecret);
    gateway.close();
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it('says what to do if nobody answers, or if the provider does not let the page read its answers', async () => {
    const provider = await startProvider((response) => answer(response, 200, {}));
    const problem = (): Promise<string | null> => dialog.getByRole('alert').textContent();
    await open('listBoundDevice');
    await dialog.getByLabel('Address').fill(provider.url);
    expect(await sent()).toBe('No answer came.');
    expect(await problem()).toContain('does not let this page read its answers (CORS)');
    await provider.close();
    const port = await freePort();
    await dialog.getByLabel('Address').fill(`http://127.0.0.1:${port}`);
    expect(await sent()).toBe('No answer came.');
    expect(await problem()).toContain(`Start the mock: npx @koodrive-backup/mock --port ${port}`);
  });

  it('calls no other machine', async () => {
    await open('listBoundDevice');
    await dialog.getByLabel('Address').fill('https://koodrive.example.com');
    await dialog.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => dialog.getByRole('alert').textContent()).toContain('calls only this machine');
    // The page's policy forbids such a call, whatever the console does.
    const refusedBy = await page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
          fetch('https://koodrive.example.com/').catch(() => setTimeout(() => resolve('nothing'), 5_000));
        }),
    );
    expect(refusedBy).toBe('connect-src');
  });

  it('closes with Escape, and the link that opened it has the focus again', async () => {
    await open('completeBackup');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe('#try/completeBackup');
  });

  it('keeps no secret beyond the page', async () => {
    await open('createBackupRecord');
    await dialog.getByLabel('Access token').check();
    await dialog.getByLabel('Token', { exact: true }).fill('secret-of-the-test');
    await sent();
    const kept = await page.evaluate(() => [
      JSON.stringify({ ...localStorage, ...sessionStorage }),
      document.cookie,
      location.href,
      JSON.stringify(history.state),
      document.documentElement.outerHTML,
    ]);
    expect(kept.filter((text) => text?.includes('secret-of-the-test'))).toEqual([]);
    // If a browser keeps the page for going back, it shows the page as it was left.
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    expect(await page.locator('dialog').count()).toBe(0);
    await open('createBackupRecord');
    expect(await dialog.getByLabel('Token', { exact: true }).inputValue()).toBe('any-token');
    // Only in soak, because loading the page again takes longer than all the rest.
    if (process.env.MODE !== 'soak') return;
    await dialog.getByLabel('Token', { exact: true }).fill('secret-of-the-test');
    await page.goto(docs.replace('index.html', 'errata.html'));
    await page.goBack();
    await open('createBackupRecord');
    expect(await dialog.getByLabel('Token', { exact: true }).inputValue()).toBe('any-token');
  });

  describe('by itself', () => {
    beforeAll(async () => {
      await open('createBackupRecord');
      await sent();
      // Leave only the dialog: axe walks through the whole page, even to check only a part of it.
      await page.evaluate(() => {
        for (const element of document.querySelectorAll('body > :not(dialog)')) element.remove();
      });
      await page.evaluate(axe);
    });

    it.each([
      { width: 1280, scheme: 'light' as const },
      { width: 375, scheme: 'dark' as const },
    ])('is accessible and scrolls nowhere sideways at $width px, $scheme', async ({ width, scheme }) => {
      await page.setViewportSize({ width, height: 800 });
      await page.locator('html').evaluate((html, chosen) => {
        html.classList.remove('light', 'dark');
        html.classList.add(chosen);
      }, scheme);
      const [scrollWidth, clientWidth] = await dialog.evaluate((element) => [element.scrollWidth, element.clientWidth]);
      expect(scrollWidth).toBe(clientWidth);
      const { violations } = await page.evaluate(() =>
        (window as unknown as { axe: { run(part: string): Promise<AxeResults> } }).axe.run('dialog.try'),
      );
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    });
  });
});

/** A gateway that lets every page call the provider behind it. It passes Host on, which the signature covers. */
async function startGateway(provider: string): Promise<{ url: string; close(): void }> {
  const { hostname, port } = new URL(provider);
  const gateway: Server = createServer((message, response) => {
    const { method = '', url = '', headers } = message;
    if (method === 'OPTIONS') return response.writeHead(204, anyOrigin).end();
    const forward = send({ hostname, port, method, path: url, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, { ...answered.headers, ...anyOrigin });
      answered.pipe(response);
    });
    return message.pipe(forward);
  });
  await new Promise<void>((listening) => gateway.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`,
    close() {
      gateway.close();
      gateway.closeAllConnections();
    },
  };
}
