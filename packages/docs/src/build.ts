// Builds dist/index.html, one page that needs no network: Redoc over the bundled contract.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runRedocly } from '@koodrive-backup/lib/redocly';
import { specDir } from '@koodrive-backup/lib/workspace';
import { readContract } from '@koodrive-backup/spec/contract';
import { type DocsDocument, docsDocument } from './document.ts';
import { codeSamples } from './samples.ts';

/** The texts after the operations, in the menu's order. */
const texts = [
  ...['contract-tests-in-ten-minutes.md', 'signing-with-curl-and-openssl.md'].map((page) =>
    join(import.meta.dirname, '..', 'pages', page),
  ),
  join(specDir, 'errata.md'),
];

/** Redoc's attribution, which it would load as a picture from its own host. */
const logo = svgUri('<text y="12" font-family="sans-serif" font-size="12" fill="#0044d4">Redocly</text>');
const remoteLogo = /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini(-full)?\.svg/g;

/**
 * Builds the page.
 *
 * @param bundle The bundled contract, as JSON.
 * @returns The text of the page. The same contract gives the same text.
 * @throws Error when the bundle is missing, or what Redoc loads from elsewhere is no longer where it was.
 */
export function buildDocs(bundle: string = join(specDir, 'dist', 'openapi.json')): string {
  if (!existsSync(bundle)) {
    throw new Error(`${bundle} is missing. Run: npx -y pnpm@12 --filter @koodrive-backup/spec run build`);
  }
  const contract = JSON.parse(readFileSync(bundle, 'utf8'));
  const document = docsDocument(
    contract,
    texts.map((file) => readFileSync(file, 'utf8')),
  );
  return withHashLinks(withoutRemoteLogo(render(document, redocOptions(contract))));
}

/** Has Redocly's command line render the document, which it reads from a file and writes to one. */
function render(document: DocsDocument, redoc: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-docs-'));
  const input = join(folder, 'openapi.json');
  const output = join(folder, 'index.html');
  const template = join(import.meta.dirname, 'template.hbs');
  const options = join(folder, 'options.json');
  try {
    writeFileSync(input, JSON.stringify(document));
    writeFileSync(options, JSON.stringify(redoc));
    const { status, stderr, error } = runRedocly(
      ['build-docs', input, '--output', output, '--template', template, '--openapi', options, '--inlineBundle'],
      folder,
    );
    if (status !== 0) throw new Error(`redocly build-docs failed: ${error?.message ?? stderr.trim()}`);
    return readFileSync(output, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function redocOptions(contract: object): object {
  const samples = readContract(contract).operations.flatMap(codeSamples);
  const languages = new Map(samples.map(({ lang, label }) => [label, { lang, label }]));
  return {
    // Redoc shows a sample only under a language of this list that bears its label.
    codeSamples: { languages: [...languages.values(), { lang: 'payload', label: 'Payload' }] },
    hideDownloadButtons: true,
    // What a reader looks for is not behind a click.
    schemasExpansionLevel: 'all',
  };
}

/** Puts a local picture in the place of the remote one. */
export function withoutRemoteLogo(page: string): string {
  const local = page.replaceAll(remoteLogo, logo);
  if (local === page) throw new Error('Redoc no longer loads its logo from the known address: see what it loads now');
  return local;
}

/** Redoc's menu leads to paths until its script has run, and to fragments afterwards, which are all that a file has. */
function withHashLinks(page: string): string {
  return page.replace(/(<a [^>]*href=")\//g, '$1#/');
}

function svgUri(content: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="16">${content}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

if (import.meta.main) {
  const page = buildDocs();
  const dist = join(import.meta.dirname, '..', 'dist');
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, 'index.html'), page);
  console.log(`built packages/docs/dist/index.html (${Math.ceil(page.length / 1024)} KiB)`);
}
