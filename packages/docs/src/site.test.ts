import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { specDir } from '@koodrive-backup/lib/workspace';
import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { samplesOf } from '@koodrive-backup/testkit/readme-samples';
import { describe, expect, it } from 'vitest';
import { newAddress } from './browser/old-addresses.ts';
import { plainText } from './markdown.ts';
import { codeSamples } from './samples.ts';
import type { SearchEntry } from './search-index.ts';

const dist = join(import.meta.dirname, '..', 'dist');
const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(dist.length + 1));
const read = (file: string): string => readFileSync(join(dist, file), 'utf8');
const pages = new Map(files.filter((file) => file.endsWith('.html')).map((file) => [file, read(file)]));
const index = pages.get('index.html') ?? '';
/** What a reader sees before any script has run. Redoc breaks long names with spaces of no width. */
const textOf = (html: string): string =>
  plainText(html.replace(/<(script|style)[\s\S]*?<\/\1>/g, '').replaceAll('\u200b', ''));
const indexText = textOf(index);
const { operations } = readContract(contract);

const pretty = (example: unknown): string => JSON.stringify(example, null, 2);

const idsOf = (html: string): Set<string> =>
  new Set([...html.matchAll(/ (?:id|data-section-id)="([^"]+)"/g)].map(([, id = '']) => plainText(id)));
const ids = new Map([...pages].map(([file, html]) => [file, idsOf(html)]));

/** Whether a link leads to an element or a file that exists. */
function leadsSomewhere(href: string, from: string): boolean {
  if (/^https:/.test(href)) return true;
  // A link to `#try/` opens the console.
  if (href.startsWith('#try/')) return operations.some(({ id }) => href === `#try/${id}`);
  const [file = '', ...fragments] = href.split('#');
  const target = file === '' ? from : file;
  const fragment = fragments.at(-1);
  if (!fragment) return files.includes(target);
  return ids.get(target)?.has(fragment) ?? false;
}

describe('the built docs', () => {
  it('are at most 1 MB, compressed', () => {
    const sizes = files.map((file): [string, number] => [file, gzipSync(read(file), { level: 9 }).length]);
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    expect(total, JSON.stringify(sizes)).toBeLessThanOrEqual(1_000_000);
  });

  it('have all operations, parameters, fields and refusals in the HTML, before scripts run', () => {
    const missing = [
      ...operations.flatMap(({ path, parameters }) => [path, ...parameters.map(({ name }) => name)]),
      ...operations.flatMap(({ body }) => Object.keys(body?.schema.properties ?? {})),
      ...Object.keys(contract.components.schemas.BackupRecord.properties).map((name) => `data.${name}`),
      ...Object.keys(contract.components.schemas.DeviceEntity.properties).map((name) => `data.deviceInfo.${name}`),
      ...contract.tags.map(({ description }) => description.split(' (')[0] ?? ''),
      'names no live lock of this user. The vendor documents no 409',
      contract.components.schemas.RecordId.pattern,
    ].filter((text) => !indexText.includes(text));
    expect(missing).toEqual([]);
  });

  it('have each block of code of the guide and of the page on signing', () => {
    for (const [file, source] of [
      ['contract-tests-in-ten-minutes.html', 'contract-tests-in-ten-minutes.md'],
      ['signing.html', 'signing.md'],
    ]) {
      const shown = textOf(pages.get(file ?? '') ?? '');
      const blocks = samplesOf(`packages/docs/pages/${source}`);
      expect(blocks.filter(({ code }) => !shown.includes(code.replace(/\s+/g, ' ').trim()))).toEqual([]);
      expect(blocks.length).toBeGreaterThan(1);
    }
  });

  it('have every sample and every example on the page of samples', () => {
    const shown = textOf(pages.get('samples.html') ?? '');
    const texts = operations.flatMap((operation) => [
      ...codeSamples(operation).map(({ source }) => source),
      ...Object.values(operation.responses).flatMap(({ examples }) => Object.values(examples).map(pretty)),
      ...Object.values(operation.body?.examples ?? {}).map(pretty),
    ]);
    expect(texts.length).toBeGreaterThan(80);
    expect(texts.filter((text) => !shown.includes(text.replace(/\s+/g, ' ').trim()))).toEqual([]);
  });

  it('show the source of the statement that deviceId is a string', () => {
    expect(index).toMatch(
      /Always a string, never a number\.(<[^>]*>|\s)*<a [^>]*title="Source: the vendor(&#x27;|')s page createBackupRecord"[^>]*>the page/,
    );
    expect(index).toMatch(/title="Source: our reading, erratum E1"[^>]*>(<[^>]*>)*ours, E1/);
  });

  it.each([...pages.keys()])('have headings in order in %s', (file) => {
    const levels = [...(pages.get(file) ?? '').matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, at) => level > (levels[at - 1] ?? 1) + 1)).toEqual([]);
  });

  it.each([...pages.keys()])('have the menu, a way past it, one main part and a notice in %s', (file) => {
    const html = pages.get(file) ?? '';
    for (const tag of ['<main', '<header', '<nav id="menu"', '<a class="skip" href="#content"', '<noscript>']) {
      expect(html.split(tag), tag).toHaveLength(2);
    }
    for (const page of pages.keys()) expect(html).toContain(`<a href="${page}"`);
  });

  it.each([...pages.keys()])('have no broken link in %s', (file) => {
    const html = (pages.get(file) ?? '').replace(/<script[\s\S]*?<\/script>/g, '');
    const links = [...html.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, href = '']) => plainText(href));
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((href) => !leadsSomewhere(href, file))).toEqual([]);
  });

  it.each([...pages.keys()])('load nothing from elsewhere in %s', (file) => {
    const html = pages.get(file) ?? '';
    const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
    expect(policy).toContain("default-src 'none'");
    // The console calls providers on this machine.
    const local = 'connect-src http://127.0.0.1:* http://localhost:*';
    expect(policy.replace(local, '')).not.toMatch(/https?:|\*/);
    expect(policy).toContain(file === 'index.html' ? local : "connect-src 'none'");
    expect([...html.matchAll(/<(?:script|img|link)[^>]* (?:src|href)="https?:/g)]).toEqual([]);
  });

  it('group the operations by the tags of the contract', () => {
    const groups = [...index.matchAll(/<p class="group"[^>]*>([^<]+)<\/p>/g)].map(([, group]) => group);
    expect(groups).toEqual(['Start', ...contract.tags.map(({ name }) => name), 'Reference']);
  });
});

describe('the addresses of the docs when they were one page', () => {
  const moved = JSON.parse(/id="moved">(.*?)<\/script>/.exec(index)?.[1] ?? '{}');
  const headings = `contract-tests-in-ten-minutes install-the-suite start-a-provider run-the-suite read-a-report
    declare-a-deviation in-github-actions in-gitlab-and-elsewhere test-behaviour in-a-test-of-your-own
    signing-with-curl-and-openssl errata summary contradictions-of-the-page
    contradictions-and-gaps-of-the-neighbouring-pages what-the-pages-leave-open codes-of-refusals
    the-page's-example-verbatim the-page%27s-example-verbatim where-the-other-facts-come-from
    the-app-signature-step-by-step`.split(/\s+/);
  const errata = Array.from({ length: 35 }, (_, at) => `e${at + 1}`);

  it.each([...headings, ...errata])('lead on from #/%s', (name) => {
    const target = newAddress(moved, `#/${name}`);
    expect(target).toBeDefined();
    expect(leadsSomewhere(target ?? '', 'index.html'), target).toBe(true);
  });

  it.each(operations.map(({ id }) => id))('lead on to the operation %s', (id) => {
    const target = newAddress(moved, `#/other/${id.toLowerCase()}`);
    expect(target).toBeDefined();
    expect(leadsSomewhere(target ?? '', 'index.html'), target).toBe(true);
  });

  it('lead on to a field', () => {
    const old = '#/other/binddevice#other/binddevice/t=request&path=machinecode';
    expect(newAddress(moved, old)).toBe('#/device/binddevice#device/binddevice/t=request&path=machinecode');
  });

  it.each(['', '#', '#/', '#/device/binddevice', '#content', '#/%E0%A4%A', '#/constructor'])(
    'are not found in %j',
    (fragment) => {
      expect(newAddress(moved, fragment)).toBeUndefined();
    },
  );
});

describe('the index of the search', () => {
  const entries: SearchEntry[] = JSON.parse(read('search-index.js').replace(/^[^=]*= |;\n$/g, ''));

  it('has no broken link', () => {
    expect(entries.filter(({ href }) => !leadsSomewhere(href, 'index.html'))).toEqual([]);
  });

  it('has every operation, field and erratum', () => {
    const known = new Set(entries.flatMap(({ title, words }) => [title, words]));
    const errata = [...readFileSync(join(specDir, 'errata.md'), 'utf8').matchAll(/^### (E\d+\. .*)/gm)];
    const wanted = [
      ...operations.flatMap(({ id, parameters }) => [id, ...parameters.map(({ name }) => name)]),
      ...Object.keys(contract.components.schemas.DeviceEntity.properties),
      ...errata.map(([, title = '']) => title),
      '409 Conflict',
    ];
    expect(errata.length).toBeGreaterThan(30);
    expect(wanted.filter((title) => !known.has(title))).toEqual([]);
  });
});
