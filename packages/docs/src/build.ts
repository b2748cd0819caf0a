// Builds dist: the docs as a folder of pages that need no network.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { specDir } from '@koodrive-backup/lib/workspace';
import { readContract } from '@koodrive-backup/spec/contract';
import { rolldown } from 'rolldown';
import { allSamplesPage } from './all-samples-page.ts';
import { changesPage } from './changes-page.ts';
import { consoleScript } from './console/script.ts';
import { docsDocument } from './document.ts';
import { downloads, downloadsPage } from './downloads-page.ts';
import { errorsPage } from './errors-page.ts';
import { renderMarkdown } from './markdown.ts';
import { operationsByTag } from './operations.ts';
import { type MenuGroup, type MenuItem, type Page, wholePage } from './page.ts';
import { badges, type Source } from './provenance.ts';
import { renderRedoc } from './redoc/render.ts';
import { codeSamples } from './samples.ts';
import { searchIndex } from './search-index.ts';

const inPackage = (...path: string[]): string => join(import.meta.dirname, '..', ...path);
const figures = inPackage('pages', 'conformance-figures.md');

/** The parts of the contract that this module reads by itself. */
interface Contract {
  info: { version: string };
  components: { securitySchemes: Record<string, { description: string; 'x-source': Source }> };
}

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
  const contract: Contract = JSON.parse(readFileSync(bundle, 'utf8'));
  const files = downloads();
  const guides = [
    textPage('contract-tests-in-ten-minutes.html', readPage('contract-tests-in-ten-minutes.md')),
    textPage('conformance-runs.html', readPage('conformance-runs.md')),
    textPage('signing.html', signingPage(contract, readPage('signing.md'))),
  ];
  const references = [
    textPage('errors.html', await errorsPage(contract)),
    textPage('errata.html', readFileSync(join(specDir, 'errata.md'), 'utf8')),
    textPage('samples.html', allSamplesPage(contract)),
    textPage('changes.html', changesPage(contract.info.version)),
    ...(existsSync(figures) ? [textPage('conformance-figures.html', readFileSync(figures, 'utf8'))] : []),
    textPage('downloads.html', downloadsPage(files)),
  ];
  const texts = [...guides, ...references];
  const { page: operations, script } = operationsPage(contract, movedTo(contract, texts));
  const menu = menuOf(contract, guides, references);
  return new Map([
    ...[operations, ...texts].map((page): [string, string] => [page.file, wholePage(page, menu)]),
    ['redoc.js', script],
    ['docs.css', readFileSync(inPackage('src', 'docs.css'), 'utf8')],
    ['early.js', await classicScript(inPackage('src', 'browser', 'early.ts'))],
    ['docs.js', await classicScript(inPackage('src', 'browser', 'docs.ts'))],
    ['search-index.js', `window.koodriveDocsIndex = ${JSON.stringify(searchIndex(contract, texts))};\n`],
    ['console.js', await consoleScript(contract)],
    ...files.map(({ name, content }): [string, string] => [`downloads/${name}`, content]),
  ]);
}

const readPage = (name: string): string => readFileSync(inPackage('pages', name), 'utf8');

function operationsPage(contract: object, moved: Record<string, string>): { page: Page; script: string } {
  const { styles, html, script } = renderRedoc(docsDocument(contract), redocOptions(contract));
  const page: Page = {
    file: 'index.html',
    title: 'Operations',
    description: 'Every operation of the KooDrive Backup API, with its parameters, fields, answers and samples.',
    // The styles are long, so they come after the menu.
    html: `${styles}\n${html}\n<script src="redoc.js" defer></script>\n<script src="console.js" defer></script>`,
    sections: [],
    head: `<script type="application/json" id="moved">${JSON.stringify(moved)}</script>\n`,
    // The console calls only this machine, and the browser enforces that, so that no credential leaves the machine.
    connect: 'http://127.0.0.1:* http://localhost:*',
    hasMain: true,
  };
  return { page, script };
}

function textPage(file: string, markdown: string): Page {
  const { html, sections } = renderMarkdown(markdown);
  const [{ title = '', text = '' } = {}] = sections;
  return { file, title, description: text.slice(0, 160), html, sections };
}

/** Returns the page on signing. The contract's text on each way to authenticate replaces the comment in the page. */
function signingPage(contract: Contract, markdown: string): string {
  const schemes = Object.entries(contract.components.securitySchemes).map(
    ([name, scheme]) => `## ${titles[name] ?? name}\n\n${scheme.description.trim()} ${badges(scheme['x-source'])}`,
  );
  return markdown.replace('<!-- The ways to authenticate, from the contract -->', schemes.join('\n\n'));
}

const titles: Record<string, string> = { accessToken: 'Access token', appSignature: 'App signature' };

/** Returns the address of the text of each fragment that index.html had when it was the only page. */
function movedTo(contract: object, texts: Page[]): Record<string, string> {
  const headings = texts.flatMap(({ file, sections }) =>
    sections.map(({ id, level }) => [id, level === 1 ? file : `${file}#${id}`]),
  );
  const operations = operationsByTag(contract).flatMap((tag) =>
    tag.operations.map(({ id, fragment }) => [`other/${id.toLowerCase()}`, fragment]),
  );
  return Object.fromEntries([...headings.toReversed(), ...operations]);
}

function menuOf(contract: object, guides: Page[], references: Page[]): MenuGroup[] {
  const toItem = ({ title, file }: Page): MenuItem => ({ title, href: file });
  const tags = operationsByTag(contract).map(({ name, operations }) => ({
    title: name,
    items: operations.map(({ summary, method, fragment }) => ({
      title: summary,
      href: `index.html${fragment}`,
      method,
    })),
  }));
  return [
    { title: 'Start', items: [{ title: 'Overview', href: 'index.html' }, ...guides.map(toItem)] },
    ...tags,
    { title: 'Reference', items: references.map(toItem) },
  ];
}

function redocOptions(contract: object): object {
  const samples = readContract(contract).operations.flatMap(codeSamples);
  const languages = new Map(samples.map(({ lang, label }) => [label, { lang, label }]));
  return {
    // Redoc shows a sample only if this list has its label.
    codeSamples: { languages: [...languages.values(), { lang: 'payload', label: 'Payload' }] },
    hideDownloadButtons: true,
    // Show every field without a click.
    schemasExpansionLevel: 'all',
  };
}

/** Bundles a module and its imports as one classic script, because browsers load no module from a disk. */
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
