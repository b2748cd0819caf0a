import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { specDir } from '@koodrive-backup/lib/workspace';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { type OpenapiDocument, type Operation, operationsOf, resolve } from '@koodrive-backup/spec/openapi-document';
import { samplesOf } from '@koodrive-backup/testkit/readme-samples';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DocsServer, serveDocs } from '../../../scripts/dev/serve-docs.ts';
import { codeSamples } from './samples.ts';

const document: OpenapiDocument = contract;
const operations = operationsOf(document);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical violations that are in Redoc's own DOM, out of reach of its options and of our styles. */
const redocsOwn = {
  page: [
    // The menu of a sample's examples is labelled "Example", whatever the chosen example is called.
    'label-content-name-mismatch',
  ],
  securityDialog: [
    // The button that closes the dialog holds a picture without a name. Escape closes it too.
    'button-name',
  ],
};

const errata = [...readFileSync(join(specDir, 'errata.md'), 'utf8').matchAll(/^### (E\d+)\./gm)].map(
  ([, name = '']) => name,
);

describe('the docs in a browser', () => {
  let browser: Browser;
  let server: DocsServer;
  const requests: string[] = [];
  const errors: string[] = [];

  beforeAll(async () => {
    const executablePath = process.env.CHROMIUM_PATH;
    if (!executablePath) throw new Error('CHROMIUM_PATH names no browser');
    server = await serveDocs({ port: 0 });
    browser = await chromium.launch({
      executablePath,
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
    await server?.close();
  });
  // Whatever a test does with the page, it stays on this machine and works.
  afterEach(() => {
    expect(requests.splice(0).filter((url) => url.split('#')[0] !== server.url && !/^(data|blob):/.test(url))).toEqual(
      [],
    );
    expect(errors.splice(0)).toEqual([]);
  });

  async function open({ width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {}): Promise<Page> {
    const page = await newPage(width, colorScheme);
    await page.addInitScript(seeEverything);
    await page.goto(server.url);
    await page
      .locator('.panel-response-samples')
      .nth(operations.length - 1)
      .waitFor();
    await page.getByRole('heading', { name: 'Where the other facts come from' }).waitFor();
    // To innerText, what is away from the window is not laid out.
    await page.addStyleTag({ content: '* { content-visibility: visible !important }' });
    return page;
  }

  async function newPage(width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' });
    page.setDefaultTimeout(60_000);
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    return page;
  }

  it('shows the operations, their parameters, both ways to authenticate and the schemas at once', async () => {
    const { schemas, securitySchemes } = contract.components;
    const page = await open();
    await expectText(page, [
      ...operations.map(({ path }) => path),
      ...operations
        .flatMap(({ operation }) => operation.parameters ?? [])
        .map((parameter) => `\n${resolve(document, parameter).name}\n`),
      ...Object.entries(securitySchemes).map(([name, scheme]) => `${name}, in the ${scheme.in} ${scheme.name}: `),
      ...operations.flatMap(({ operation }) => bodyFieldsOf(operation)).map((name) => `\n${name}\n`),
      ...Object.keys(schemas.BackupRecord.properties).map((name) => `\ndata.${name}\n`),
      ...Object.keys(schemas.DeviceEntity.properties).map((name) => `\ndata.deviceInfo.${name}\n`),
    ]);
    await page.close();
  });

  it('shows each sample under its label', async () => {
    const page = await open();
    // Each is chosen by hand in one operation, the one with most; of the others, what is shown at first.
    const samples = operations.map((placed) => codeSamples(document, placed));
    const most = samples.findIndex(({ length }) => length === Math.max(...samples.map((each) => each.length)));
    for (const [index, [first]] of samples.entries()) {
      const shown = page.locator('.panel-request-samples').nth(index).locator('pre').first();
      await expect.poll(() => shown.textContent()).toContain(first?.source.trim());
    }
    const panel = page.locator('.panel-request-samples').nth(most);
    for (const { label, source } of samples[most] ?? []) {
      await panel.getByRole('button', { name: /^(curl|TypeScript|Payload)/ }).click();
      await page.getByRole('menuitem', { name: label, exact: true }).click();
      await expect.poll(() => panel.locator('pre').textContent()).toContain(source.trim());
    }
    await page.close();
  });

  it('shows the codes of refusals', async () => {
    const page = await open();
    await page.getByRole('tab', { name: '400' }).first().click();
    for (const { code, name } of contract.components.schemas.ErrorResponse.properties.code['x-error-codes']) {
      await page
        .getByRole('row', { name: new RegExp(`^${code} ${name}: `) })
        .first()
        .waitFor();
    }
    await page.close();
  });

  it('leads to the errata, and to nothing that is not there', async () => {
    const page = await newPage(1280, 'light');
    await page.goto(server.url);
    await page.getByRole('link', { name: 'the errata' }).first().click();
    await page.getByRole('heading', { name: 'E1. deviceId is a string' }).waitFor();
    const title = page.getByRole('heading', { name: /Errata$/ });
    await expect.poll(async () => (await title.boundingBox())?.y).toSatisfy((y) => y >= 0 && y < 200);
    const targets = await page
      .locator('a[href]')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    expect(targets.filter((target) => !/^(https:|#\/)/.test(target ?? ''))).toEqual([]);
    await page.close();
  });

  it('leads to the contract tests in ten minutes, and shows each of their blocks', async () => {
    const page = await newPage(1280, 'light');
    await page.goto(server.url);
    await page.getByRole('link', { name: 'Contract tests in ten minutes' }).first().click();
    const heading = page.getByRole('heading', { name: 'Contract tests in ten minutes' });
    await expect.poll(async () => (await heading.boundingBox())?.y).toSatisfy((y) => y >= 0 && y < 200);
    await page.close();
    const whole = await open();
    const shown = await whole.locator('pre').allTextContents();
    const blocks = samplesOf('packages/conformance/contract-tests-in-ten-minutes.md');
    expect(blocks.filter(({ code }) => !shown.some((text) => text.includes(code.trim())))).toEqual([]);
    expect(blocks.length).toBeGreaterThan(10);
    await whole.close();
  });

  it('leads to each erratum from the menu of the page before its script has run', async () => {
    const text = await (await fetch(server.url)).text();
    for (const name of errata) expect(text).toContain(`href="${addressOf(name)}"`);
  });

  it.each([errata[0] ?? '', errata.at(-1) ?? ''])('leads to %s by its address', async (name) => {
    const page = await newPage(1280, 'light');
    await page.goto(`${server.url}${addressOf(name)}`);
    const heading = page.getByRole('heading', { name: new RegExp(`\\b${name}\\. `) });
    await expect.poll(async () => (await heading.boundingBox())?.y).toSatisfy((y) => y >= 0 && y < 200);
    await page.close();
  });

  it('finds a field by search', async () => {
    const page = await open();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('machineCode');
    await page.getByText('Machine code, by which the device knows itself.').last().waitFor();
    await page.close();
  });

  // Every width and every scheme once: a run takes seconds.
  it.each([
    { width: 1280, colorScheme: 'light' as const },
    { width: 375, colorScheme: 'dark' as const },
  ])('is accessible, but for what is listed: $width px, $colorScheme', async (options) => {
    const page = await open(options);
    expect(await violations(page)).toEqual(redocsOwn.page);
    await page.getByText('View security details').first().click();
    // The dialog stands beside the page in the body.
    await page.getByText('Header parameter name:').evaluate((element) => {
      while (element.parentElement && element.parentElement !== window.document.body) element = element.parentElement;
      element.id = 'dialog';
    });
    expect(await violations(page, '#dialog')).toEqual(redocsOwn.securityDialog);
    await page.close();
  });

  it('does not scroll sideways on a small screen, nor does a table in it', async () => {
    const page = await open({ width: 375 });
    const widths = await page.evaluate(() => ({
      page: window.document.scrollingElement?.scrollWidth,
      tables: [...window.document.querySelectorAll('table')].map((table) => table.getBoundingClientRect().right),
    }));
    expect(widths.page).toBeLessThanOrEqual(375);
    expect(Math.max(...widths.tables)).toBeLessThanOrEqual(375);
    await page.close();
  });
});

const addressOf = (erratum: string): string => `#/${erratum.toLowerCase()}`;

function bodyFieldsOf({ requestBody }: Operation): string[] {
  const schema = requestBody && resolve(document, requestBody).content['application/json']?.schema;
  const { properties = {} }: { properties?: object } = schema ? resolve<object>(document, schema) : {};
  return Object.keys(properties);
}

/** Waits until a reader sees all of the texts. */
async function expectText(page: Page, texts: string[]): Promise<void> {
  const missing = async (): Promise<string[]> => {
    // Redoc breaks long names with spaces of no width.
    // biome-ignore lint/performance/useDomNodeTextContent: a reader does not see what is not laid out
    const seen = (await page.innerText('body')).replaceAll('\u200b', '');
    return texts.filter((text) => !seen.includes(text));
  };
  await expect.poll(missing).toEqual([]);
}

/** Redoc renders a section when it comes near the window: to the page, all of them are near. */
function seeEverything(): void {
  window.IntersectionObserver = class extends IntersectionObserver {
    readonly #callback: IntersectionObserverCallback;
    constructor(callback: IntersectionObserverCallback) {
      super(() => undefined);
      this.#callback = callback;
    }
    override observe(target: Element): void {
      const entry = { target, isIntersecting: true } as IntersectionObserverEntry;
      queueMicrotask(() => this.#callback([entry], this));
    }
  };
}

/** The rules that the page, or a part of it, violates seriously or critically. */
async function violations(page: Page, part = 'html'): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate(
    (selector) => (window as unknown as { axe: { run(part: string): Promise<AxeResults> } }).axe.run(selector),
    part,
  );
  return results.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id);
}
