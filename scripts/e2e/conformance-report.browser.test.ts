import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { startMock } from '@koodrive-backup/mock';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

describe.skipIf(!process.env.CHROMIUM_PATH)('a conformance report in HTML', () => {
  let folder: string;
  let file: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conformance-report-'));
    file = join(folder, 'report.html');
    const cli = join(rootDir, 'packages', 'conformance', 'dist', 'cli.js');
    const mock = await startMock();
    const args = [cli, mock.url, '--user-id', '1505084218764547200', '--token', 'a-token-of-a-test', '--runs', '1'];
    await promisify(execFile)(process.execPath, [...args, '--seed', '1', '--report', `html=${file}`]);
    await mock.close();
    browser = await chromium.connect(inject('browserUrl') ?? '');
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it('loads no other file, and fits a wide screen and a narrow one', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`file://${file}`);
    await page.getByRole('heading', { name: 'The contract is honoured' }).waitFor();
    await page.getByText(/^createBackupRecord: /).click();
    await page.getByRole('cell', { name: 'answered', exact: true }).first().waitFor();
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => window.document.scrollingElement?.scrollWidth)).toBeLessThanOrEqual(width);
    }
    expect(await page.content()).not.toContain('a-token-of-a-test');
    expect(requests).toEqual([`file://${file}`]);
    await page.close();
  });
});
