import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { startMock } from '@koodrive-backup/mock';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it.each([1280, 375])('a conformance report in HTML can be read by itself, %i px wide', async (width) => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-report-'));
  const file = join(folder, 'report.html');
  const cli = join(rootDir, 'packages', 'conformance', 'dist', 'cli.js');
  const mock = await startMock();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '', args: ['--no-sandbox'] });
  try {
    const args = [cli, mock.url, '--user-id', '1505084218764547200', '--token', 'a-token-of-a-test', '--seed', '1'];
    await run(process.execPath, [...args, '--report', `html=${file}`]);
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`file://${file}`);
    await page.getByRole('heading', { name: 'The contract is honoured' }).waitFor();
    await page.getByText(/^createBackupRecord: /).click();
    await page.getByRole('cell', { name: 'answered', exact: true }).first().waitFor();
    expect(await page.evaluate(() => window.document.scrollingElement?.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await page.content()).not.toContain('a-token-of-a-test');
    expect(requests).toEqual([`file://${file}`]);
    const screenshot = await page.screenshot({ fullPage: true });
    expect(screenshot.length).toBeGreaterThan(20_000);
  } finally {
    await browser.close();
    await mock.close();
    rmSync(folder, { recursive: true });
  }
});
