// Builds dist: the docs as a folder of pages that need no network.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { specDir } from '@koodrive-backup/lib/workspace';
import { readContract } from '@koodrive-backup/spec/contract';
import { rolldown } from 'rolldown';
import { consoleScript } from './console/script.ts';
import { docsDocument } from './document.ts';
import { renderMarkdown } from './markdown.ts';
import { operationsByTag } from './operations.ts';
import { type MenuGroup, type Page, wholePage } from './page.ts';
import { renderRedoc } from './redoc/render.ts';
import { codeSamples } from './samples.ts';

const inPackage = (...path: string[]): string => join(import.meta.dirname, '..', ...path);

/**
 * Builds the docs.
 *
 * @param bundle The bundled contract, as JSON.
 * @returns The content of each file, by its path in the folder of the docs. The same contract gives the same files.
 * @throws Error if the bundle is missing, or Redoc is no longer as this package expects it.
 */
export async function buildDocs(bundle: string = join(specDir, 'dist', 'openapi.json')): Promise<Map<string, string>> {
  if (!existsSync(bundle)) {
    throw new Error(`${bundle} is missing. Run: npx -y pnpm@12 --filter @koodrive-backup/spec run build`);
  }
  const contract = JSON.parse(readFileSync(bundle, 'utf8'));
  const { page: operations, script } = operationsPage(contract);
  const texts = [
    textPage('contract-tests-in-ten-minutes.html', inPackage('pages', 'contract-tests-in-ten-minutes.md')),
    textPage('signing.html', inPackage('pages', 'signing-with-curl-and-openssl.md')),
    textPage('errata.html', join(specDir, 'errata.md')),
  ];
  const menu = menuOf(contract, texts);
  return new Map([
    ...[operations, ...texts].map((page): [string, string] => [page.file, wholePage(page, menu)]),
    ['redoc.js', script],
    ['docs.css', readFileSync(inPackage('src', 'docs.css'), 'utf8')],
    ['docs.js', await classicScript(inPackage('src', 'browser', 'docs.ts'))],
    ['console.js', await consoleScript(contract)],
  ]);
}

function operationsPage(contract: object): { page: Page; script: string } {
  const { styles, html, script } = renderRedoc(docsDocument(contract), redocOptions(contract));
  const page: Page = {
    file: 'index.html',
    title: 'Operations',
    description: 'Every operation of the KooDrive Backup API, with its parameters, fields, answers and samples.',
    html: `${html}\n<script src="redoc.js" defer></script>\n<script src="console.js" defer></script>`,
    sections: [],
    head: `${styles}\n`,
    // The console calls providers on this machine, and the browser itself sees to it that no credential leaves it.
    connect: 'http://127.0.0.1:* http://localhost:*',
    hasMain: true,
  };
  return { page, script };
}

function textPage(file: string, markdown: string): Page {
  const { html, sections } = renderMarkdown(readFileSync(markdown, 'utf8'));
  const [{ title = '', text = '' } = {}] = sections;
  return { file, title, description: text.slice(0, 160), html, sections };
}

function menuOf(contract: object, texts: Page[]): MenuGroup[] {
  const tags = operationsByTag(contract).map(({ name, operations }) => ({
    title: name,
    items: operations.map(({ summary, method, fragment }) => ({
      title: summary,
      href: `index.html${fragment}`,
      method,
    })),
  }));
  const pages = texts.map(({ title, file }) => ({ title, href: file }));
  return [
    { title: 'Start', items: [{ title: 'Overview', href: 'index.html' }] },
    ...tags,
    { title: 'Pages', items: pages },
  ];
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

/** A module with all that it imports as one classic script: browsers load no module from a disk. */
async function classicScript(entry: string): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'browser', logLevel: 'warn' });
  const { output } = await bundle.generate({ format: 'iife', minify: true });
  await bundle.close();
  return output[0].code;
}

if (import.meta.main) {
  const files = await buildDocs();
  const dist = inPackage('dist');
  rmSync(dist, { recursive: true, force: true });
  for (const [path, content] of files) {
    mkdirSync(join(dist, path, '..'), { recursive: true });
    writeFileSync(join(dist, path), content);
  }
  console.log(`built ${files.size} files in packages/docs/dist`);
}
