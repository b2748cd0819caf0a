import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { specDir } from '@koodrive-backup/lib/workspace';
import { type Operation, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { samplesOf } from '@koodrive-backup/testkit/readme-samples';
import type { AxeResults, RunOptions } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { codeSamples } from './samples.ts';

const { operations } = readContract(contract);
const file = join(import.meta.dirname, '..', 'dist', 'index.html');
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

const lastErratum = [...readFileSync(join(specDir, 'errata.md'), 'utf8').matchAll(/^### (E\d+)\./gm)].at(-1)?.[1] ?? '';

const pages = ['contract-tests-in-ten-minutes.md', 'signing-with-curl-and-openssl.md'];

const examplesOf = ({ body }: Operation): number => Object.keys(body?.examples ?? {}).length;

/** The operation whose body has the most examples has the most to show, a menu of examples included. */
const fullest = operations.toSorted((a, b) => examplesOf(b) - examplesOf(a))[0]?.id ?? '';

/** One of each kind of part that Redoc repeats: an operation, of which every sample was chosen, and a text with code. */
const someParts = [sectionOf(fullest), '[id$="signing-with-curl-and-openssl"]'];

/** What is searched for barriers. Of the whole page, that takes longer than all other tests of the page. */
const parts = process.env.MODE === 'soak' ? undefined : someParts;

// One browser and one page: starting the one and rendering the other is what takes time. A server gives the same bytes
// as the file, and light is what Redoc shows by default, so soak alone opens these.
const visits = [
  { from: 'a file', colorScheme: 'dark' as const, other: 'light' },
  ...(process.env.MODE === 'soak' ? [{ from: 'a server', colorScheme: 'light' as const, other: 'dark' }] : []),
];

describe.skipIf(!process.env.CHROMIUM_PATH)('the docs in a browser', () => {
  let browser: Browser;
  let server: Server;
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(readFileSync(file));
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

  describe.each(visits)('from $from, $colorScheme', ({ from, colorScheme, other }) => {
    const requests: string[] = [];
    const errors: string[] = [];
    let url: string;
    let page: Page;
    beforeAll(async () => {
      url =
        from === 'a file' ? pathToFileURL(file).href : `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme, reducedMotion: 'reduce' });
      // High enough that only a hang meets it, and lower than the test's own, so that a failure names its line.
      page.setDefaultTimeout(120_000);
      page.on('request', (request) => requests.push(request.url()));
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.addInitScript(seeEverythingWhenTold);
      await page.goto(`${url}${addressOf(lastErratum)}`);
    });
    afterAll(() => page?.close());
    // Whatever a test does with the page, it stays on this machine and works.
    afterEach(() => {
      const others = requests.splice(0).filter((sent) => sent.split('#')[0] !== url && !/^(data|blob):/.test(sent));
      expect(others).toEqual([]);
      expect(errors.splice(0)).toEqual([]);
    });

    describe('as a reader opens it', () => {
      async function expectAtTop(name: RegExp): Promise<void> {
        const heading = page.getByRole('heading', { name });
        const top = async (): Promise<number | undefined> => (await heading.boundingBox())?.y;
        await expect.poll(top, { message: name.source }).toSatisfy((y) => y >= 0 && y < 200);
      }

      it('has the colours that the reader prefers', async () => {
        expect(await page.locator('html').getAttribute('class')).toContain(colorScheme);
      });

      it('leads to an erratum by its address', () => expectAtTop(new RegExp(`\\b${lastErratum}\\. `)));

      it.each(['Contract tests in ten minutes', 'Signing with curl and openssl'])('leads to %s', async (title) => {
        await page.getByRole('link', { name: title }).first().click();
        await expectAtTop(new RegExp(`${title}$`));
      });

      it('leads from the page on signing to its steps', async () => {
        await page.getByRole('link', { name: 'The app signature, step by step' }).last().click();
        await expectAtTop(/The app signature, step by step$/);
      });

      it('leads from its introduction to the errata', async () => {
        await page.keyboard.press('Home');
        await page.getByRole('link', { name: 'the errata' }).first().click();
        await expectAtTop(/Errata$/);
        await page.getByRole('heading', { name: 'E1. deviceId is a string' }).waitFor();
      });
    });

    describe('when all of it is rendered', () => {
      beforeAll(async () => {
        await page.evaluate(() => window.dispatchEvent(new Event('see-everything')));
        await page
          .locator('.panel-response-samples')
          .nth(operations.length - 1)
          .waitFor();
        await page.getByRole('heading', { name: 'Where the other facts come from' }).waitFor();
        // To innerText, what is away from the window is not laid out.
        await page.addStyleTag({ content: '* { content-visibility: visible !important }' });
      });

      it('shows operations, parameters, ways to authenticate and schemas at once', async () => {
        const { schemas, securitySchemes } = contract.components;
        await expectText(page, [
          ...operations.map(({ path }) => path),
          ...operations.flatMap(({ parameters }) => parameters).map(({ name }) => `\n${name}\n`),
          ...Object.entries(securitySchemes).map(([name, scheme]) => `${name}, in the ${scheme.in} ${scheme.name}: `),
          ...operations.flatMap(({ body }) => Object.keys(body?.schema.properties ?? {})).map((name) => `\n${name}\n`),
          ...Object.keys(schemas.BackupRecord.properties).map((name) => `\ndata.${name}\n`),
          ...Object.keys(schemas.DeviceEntity.properties).map((name) => `\ndata.deviceInfo.${name}\n`),
        ]);
      });

      it('shows each block of the guide and of the page on signing', async () => {
        const shown = await page.locator('pre').allTextContents();
        const blocks = pages.flatMap((name) => samplesOf(`packages/docs/pages/${name}`));
        expect(blocks.filter(({ code }) => !shown.some((text) => text.includes(code.trim())))).toEqual([]);
        expect(blocks.length).toBeGreaterThan(12);
      });

      it('leads to nothing that is not there', async () => {
        const targets = await page
          .locator('a[href]')
          .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
        expect(targets.filter((target) => !/^(https:|#\/)/.test(target))).toEqual([]);
      });

      it('shows each sample under its label', async () => {
        // Each is chosen by hand in one operation; of the others, what is shown at first.
        const panelOf = (id: string) => page.locator(sectionOf(id)).locator('.panel-request-samples');
        const samples = new Map(operations.map((operation) => [operation.id, codeSamples(operation)]));
        for (const [id, [first]] of samples) {
          const shown = panelOf(id).locator('pre').first();
          await expect.poll(() => shown.textContent()).toContain(first?.source.trim());
        }
        const panel = panelOf(fullest);
        for (const { label, source } of samples.get(fullest) ?? []) {
          await panel.getByRole('button', { name: /^(curl|TypeScript|Python|Payload)/ }).click();
          await page.getByRole('menuitem', { name: label, exact: true }).click();
          await expect.poll(() => panel.locator('pre').textContent()).toContain(source.trim());
        }
      });

      it('shows the codes of refusals', async () => {
        await page.getByRole('tab', { name: '400' }).first().click();
        for (const { code, name } of contract.components.schemas.ErrorResponse.properties.code['x-error-codes']) {
          await page
            .getByRole('row', { name: new RegExp(`^${code} ${name}: `) })
            .first()
            .waitFor();
        }
      });

      it('finds a field by search', async () => {
        await page.keyboard.press('Control+k');
        await page.keyboard.type('machineCode');
        await page.getByText('Machine code, by which the device knows itself.').last().waitFor();
        await page.keyboard.press('Escape');
      });

      describe.each([
        { width: 1280, scheme: colorScheme },
        { width: 375, scheme: other },
      ])('at $width px, $scheme', ({ width, scheme }) => {
        beforeAll(async () => {
          await page.setViewportSize({ width, height: 900 });
          // What Redoc does as it starts. It does not follow a preference that changes later.
          await page
            .locator('html')
            .evaluate((html, [from, to]) => html.classList.replace(from, to), [colorScheme, scheme] as const);
          expect(await page.locator('html').getAttribute('class')).toContain(scheme);
        });

        it('does not scroll sideways, nor does a table in it', async () => {
          const right = await page.evaluate(() => [
            window.document.scrollingElement?.scrollWidth ?? 0,
            ...[...window.document.querySelectorAll('table')].map((table) => table.getBoundingClientRect().right),
          ]);
          expect(Math.max(...right)).toBeLessThanOrEqual(width);
        });

        it('is accessible, but for what is listed', async () => {
          expect(await violations(page, parts)).toEqual(redocsOwn.page);
        });

        it('has a dialog on security that is accessible, but for what is listed', async () => {
          await page.getByText('View security details').first().click();
          // The dialog stands beside the page in the body.
          await page.getByText('Header parameter name:').evaluate((element) => {
            while (element.parentElement && element.parentElement !== window.document.body)
              element = element.parentElement;
            element.id = 'dialog';
          });
          expect(await violations(page, ['#dialog'])).toEqual(redocsOwn.securityDialog);
          await page.keyboard.press('Escape');
          await page.locator('#dialog').waitFor({ state: 'detached' });
        });
      });
    });
  });
});

const addressOf = (erratum: string): string => `#/${erratum.toLowerCase()}`;

function sectionOf(operationId: string): string {
  return `[id$="/${operationId.toLowerCase()}"]`;
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

/**
 * Redoc renders a section when it comes near the window. From the event `see-everything` on, every section is near: a
 * reader who scrolls through the page sees the same, later.
 */
function seeEverythingWhenTold(): void {
  const observed = new Set<() => void>();
  let isTold = false;
  window.IntersectionObserver = class extends IntersectionObserver {
    readonly #callback: IntersectionObserverCallback;
    constructor(callback: IntersectionObserverCallback, options?: IntersectionObserverInit) {
      super((entries, observer) => isTold || callback(entries, observer), options);
      this.#callback = callback;
    }
    override observe(target: Element): void {
      super.observe(target);
      const see = (): void => this.#callback([{ target, isIntersecting: true } as IntersectionObserverEntry], this);
      if (isTold) queueMicrotask(see);
      else observed.add(see);
    }
  };
  window.addEventListener('see-everything', () => {
    isTold = true;
    for (const see of observed) see();
  });
}

/** The rules that the page, or parts of it, violate seriously or critically. */
async function violations(page: Page, parts: readonly string[] = ['html']): Promise<string[]> {
  for (const part of parts) expect(await page.locator(part).count(), part).toBe(1);
  await page.evaluate(axe);
  const results = await page.evaluate(
    (include) =>
      (window as unknown as { axe: { run(part: object, options: RunOptions): Promise<AxeResults> } }).axe.run(
        { include },
        // To collect what passes takes axe a third of its time.
        { resultTypes: ['violations'] },
      ),
    parts.map((part) => [part]),
  );
  return results.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id);
}
