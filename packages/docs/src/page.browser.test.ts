import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Operation, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { AxeResults, RunOptions } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { codeSamples } from './samples.ts';

const isSoak = process.env.MODE === 'soak';
const { operations } = readContract(contract);
const dist = join(import.meta.dirname, '..', 'dist');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe reports of Redoc's own DOM, out of reach of its options and of our styles. */
const redocsOwn = [
  // The label of the menu of examples is "Example", whatever the chosen example is called.
  'label-content-name-mismatch',
];

const texts = [
  'errata',
  'errors',
  'signing',
  'contract-tests-in-ten-minutes',
  'conformance-runs',
  'samples',
  'changes',
  'downloads',
  'conformance-figures',
];

const examplesOf = ({ body }: Operation): number => Object.keys(body?.examples ?? {}).length;

/** The operation whose body has the most examples has the most to show, a menu of examples included. */
const fullest = operations.toSorted((a, b) => examplesOf(b) - examplesOf(a))[0]?.id ?? '';
const sectionOf = (operationId: string): string => `[id$="/${operationId.toLowerCase()}"][data-section-id]`;

/** The parts that axe tests. All operations together would take it longer than all other tests. */
const parts = isSoak ? ['html'] : [sectionOf(fullest), '.side'];

// A server sends the same bytes as the files, so only soak visits it.
const visits = [
  { from: 'a disk', colorScheme: 'dark' as const, other: 'light' as const },
  ...(isSoak ? [{ from: 'a server', colorScheme: 'light' as const, other: 'dark' as const }] : []),
];

describe.skipIf(!process.env.CHROMIUM_PATH)('the docs in a browser', () => {
  let browser: Browser;
  let server: Server;
  beforeAll(async () => {
    server = createServer(({ url = '/' }, response) => {
      const path = url.replace(/[?#].*/, '').replace(/\/$/, '/index.html');
      const type = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }[extname(path)];
      response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(readFileSync(join(dist, path)));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? '',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('show all text without scripts', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(pathToFileURL(join(dist, 'index.html')).href);
    // A browser lays out distant parts only when they come near the window. A search in the page finds them anyway.
    await page.locator('.notice').scrollIntoViewIfNeeded();
    await page.getByText('names no live lock of this user').first().scrollIntoViewIfNeeded();
    for (const { id, path } of operations) {
      await page.locator(sectionOf(id)).getByText(path).first().scrollIntoViewIfNeeded();
    }
    await page.close();
  });

  describe.each(visits)('from $from, $colorScheme', ({ from, colorScheme, other }) => {
    const requests: string[] = [];
    const errors: string[] = [];
    let base: string;
    let context: BrowserContext;
    let page: Page;
    beforeAll(async () => {
      const { port } = server.address() as AddressInfo;
      base = from === 'a disk' ? `${pathToFileURL(dist).href}/` : `http://127.0.0.1:${port}/`;
      context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        colorScheme,
        reducedMotion: 'reduce',
      });
      page = await context.newPage();
      // High enough that only a hang reaches it, and below the test's own timeout, so that a failure names its line.
      page.setDefaultTimeout(120_000);
      page.on('request', (request) => requests.push(request.url()));
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
    });
    afterAll(() => context?.close());
    // In every test, the page must send nothing elsewhere and report no error.
    afterEach(() => {
      const elsewhere = requests.splice(0).filter((sent) => !sent.startsWith(base) && !/^(data|blob):/.test(sent));
      expect(elsewhere).toEqual([]);
      expect(errors.splice(0)).toEqual([]);
    });

    const open = (address: string): Promise<unknown> => page.goto(`${base}${address}`);
    const isAtTop = async (selector: string): Promise<void> => {
      const top = async (): Promise<number> => (await page.locator(selector).first().boundingBox())?.y ?? -1;
      await expect.poll(top, { message: selector }).toSatisfy((y) => y >= -1 && y < 200);
    };

    const wide = { width: 1280, scheme: colorScheme };
    const narrow = { width: 375, scheme: other };
    const show = async ({ width, scheme }: typeof wide | typeof narrow): Promise<void> => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.locator(`html.${scheme}`).waitFor();
    };

    describe.each(texts)('the page %s', (name) => {
      beforeAll(() => open(`${name}.html`));

      // All pages have the same frame and styles, so outside soak every second page is tested as narrow.
      const look = texts.indexOf(name) % 2 === 0 ? narrow : wide;
      it.each(isSoak ? [wide, narrow] : [look])(
        'is accessible and does not scroll sideways at $width px, $scheme',
        async (size) => {
          await show(size);
          expect(await rightmost(page)).toBeLessThanOrEqual(size.width);
          expect(await violations(page)).toEqual([]);
          await show(wide);
        },
      );
    });

    it('copy code', async () => {
      await open('contract-tests-in-ten-minutes.html');
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const block = page.locator('.code').first();
      await block.getByRole('button', { name: 'Copy' }).click();
      await block.getByRole('button', { name: 'Copied' }).waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      expect(copied).toBe(await block.locator('code').textContent());
    });

    it('keep the colours that the reader chose', async () => {
      await open('errors.html');
      await page.getByRole('button', { name: 'Change between light and dark' }).click();
      await page.locator(`html.${other}`).waitFor();
      await open('errata.html');
      await page.locator(`html.${other}`).waitFor();
      await page.getByRole('button', { name: 'Change between light and dark' }).click();
      await page.locator(`html.${colorScheme}`).waitFor();
      await page.evaluate(() => localStorage.clear());
    });

    it('load the index of the search again after a failure', async () => {
      const reader = await context.newPage();
      await reader.route('**/search-index.js', (route) => route.abort(), { times: 1 });
      await reader.goto(`${base}errors.html`);
      await reader.keyboard.press('Control+k');
      const field = reader.getByRole('searchbox');
      await field.fill('conflict');
      await reader.getByText('The search index could not be loaded').waitFor();
      await field.fill('409 conflict');
      await reader.getByText(/^\d+ found$/).waitFor();
      await reader.close();
    });

    it('redirect an address from the time when they were one page', async () => {
      await open('index.html#/e35');
      await page.waitForURL(/errata\.html#e35$/);
      await isAtTop('#e35');
    });

    describe('the operations', () => {
      beforeAll(async () => {
        await open(`index.html#/other/${fullest.toLowerCase()}`);
        // The tabs work once Redoc's script has run.
        await page.locator('#redoc [role="tab"]').first().waitFor();
      });

      it('are reached by an old address', async () => {
        expect(new URL(page.url()).hash).toMatch(new RegExp(`^#/(?!other).*/${fullest.toLowerCase()}$`));
        await isAtTop(sectionOf(fullest));
      });

      it('are all there after Redoc has started', async () => {
        for (const { id } of operations) await page.locator(sectionOf(id)).waitFor({ state: 'attached' });
        expect(await page.locator('.docs-refusals').count()).toBe(operations.length);
        const levels = await page
          .locator('#redoc :is(h1, h2, h3, h4, h5, h6)')
          .evaluateAll((headings) => headings.map(({ tagName }) => Number(tagName.slice(1))));
        expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([]);
      });

      it('show each sample under its label', async () => {
        const samples = codeSamples(operations.find(({ id }) => id === fullest) as Operation);
        const panel = page.locator(sectionOf(fullest)).locator('.panel-request-samples');
        const names = [...samples.map(({ label }) => label), 'Payload'];
        for (const { label, source } of samples) {
          await panel.getByRole('button', { name: new RegExp(`^(${names.join('|')})$`) }).click();
          await page.getByRole('menuitem', { name: label, exact: true }).click();
          await expect.poll(() => panel.locator('pre').textContent()).toContain(source.trim());
        }
      });

      it('are marked in the menu, and followed from it', async () => {
        const link = page.getByRole('link', { name: /^Create a backup record/ }).first();
        await link.click();
        await isAtTop(sectionOf('createBackupRecord'));
        expect(await link.getAttribute('aria-current')).toBe('location');
      });

      it('link a field to the source of its description', async () => {
        await page
          .locator(sectionOf('createBackupRecord'))
          .getByRole('link', { name: 'ours, E1', exact: true })
          .first()
          .click();
        await page.waitForURL(/errata\.html#e1$/);
        await isAtTop('#e1');
        await page.goBack();
        await page.locator('#redoc [role="tab"]').first().waitFor();
      });

      it.each([
        ['409', '409 Conflict', /errors\.html#409-conflict$/],
        ['create record', 'Create a backup record', /createbackuprecord$/],
        ['deviceId number', 'deviceId', /path=deviceid$/],
      ])('are found by a search for %s', async (query, found, address) => {
        await page.keyboard.press('Control+k');
        await page.getByRole('searchbox').fill(query);
        const first = page.locator('#search li b').first();
        await expect.poll(() => first.textContent()).toBe(found);
        expect(await page.locator('#search li a').first().getAttribute('href')).toMatch(address);
        await page.keyboard.press('Escape');
      });

      it('lead from the search to a field', async () => {
        await page.keyboard.press('Control+k');
        await page.getByRole('searchbox').fill('machineCode');
        await page.locator('#search li').first().waitFor();
        await page.keyboard.press('Enter');
        await isAtTop('[id$="binddevice/t=request&path=machinecode"]');
      });

      it.each([wide, narrow])('are accessible, except for what is listed, at $width px, $scheme', async (size) => {
        await show(size);
        expect(await rightmost(page)).toBeLessThanOrEqual(size.width);
        expect(await violations(page, parts)).toEqual(redocsOwn);
      });

      it('have a menu that opens on a narrow screen', async () => {
        await page.setViewportSize({ width: 375, height: 900 });
        await page.getByRole('button', { name: 'Menu', exact: true }).click();
        await page.locator('#menu').getByRole('link', { name: 'Errors' }).click();
        await page.waitForURL(/errors\.html$/);
        await page.locator('#menu').waitFor({ state: 'hidden' });
      });

      it('are printed whole, without the menu, and dark pages on white', async () => {
        await open('index.html');
        await page.locator('#redoc [role="tab"]').first().waitFor();
        await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
        // biome-ignore lint/performance/useDomNodeTextContent: text that is not rendered is not printed
        const printed = await page.locator('#redoc').innerText();
        for (const { path } of operations) expect(printed).toContain(path);
        expect(printed).toContain('names no live lock of this user');
        // A page that scrolls inside an element of its own would be printed as one sheet.
        const sheets = (await page.pdf()).toString('latin1').match(/\/Type\s*\/Page\b/g) ?? [];
        expect(sheets.length).toBeGreaterThan(operations.length);
        expect(await page.locator('.side').isVisible()).toBe(false);
        await page.locator('html.light:not(.dark)').waitFor();
        const paper = await page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
        expect(paper).toBe('rgb(255, 255, 255)');
        await page.emulateMedia({ media: 'screen' });
      });
    });
  });
});

/** Returns the right edge of everything on a page, tables included. */
async function rightmost(page: Page): Promise<number> {
  const edges = await page.evaluate(() => [
    document.scrollingElement?.scrollWidth ?? 0,
    ...[...document.querySelectorAll('table')].map((table) => table.getBoundingClientRect().right),
  ]);
  return Math.max(...edges);
}

/** Returns the rules of axe that a page, or parts of it, violate. */
async function violations(page: Page, parts: readonly string[] = ['html']): Promise<string[]> {
  for (const part of parts) expect(await page.locator(part).count(), part).toBe(1);
  await page.evaluate(axe);
  const results = await page.evaluate(
    (include) =>
      (window as unknown as { axe: { run(part: object, options: RunOptions): Promise<AxeResults> } }).axe.run(
        { include },
        // Without passes, axe needs a third less time. It must not load style sheets, because the policy refuses that.
        { resultTypes: ['violations'], preload: false },
      ),
    parts.map((part) => [part]),
  );
  return results.violations.map(({ id }) => id);
}
