import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redoclyCli, redoclyEnv } from '@koodrive-backup/lib/redocly';
import { patchRedoc } from './patches.ts';

/** What Redoc makes of a document. */
export interface Rendered {
  /** Its `style` elements. */
  styles: string;
  /** The element that Redoc lives in. It holds all text before any script has run. */
  html: string;
  /** A classic script: Redoc, the document, and the call that brings the element to life. */
  script: string;
}

/** Redoc's attribution, as a local picture. Redoc would load it from its own host. */
const logo = svgUri('<text y="12" font-family="sans-serif" font-size="12" fill="#0044d4">Redocly</text>');
const remoteLogo = /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini(-full)?\.svg/g;

/**
 * Renders a document with Redocly's command line.
 *
 * @param document The OpenAPI document.
 * @param options Redoc's options.
 * @throws Error if Redocly fails, or Redoc is no longer as this package expects it.
 */
export function renderRedoc(document: object, options: object): Rendered {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-docs-'));
  const fileOf = (name: string): string => join(folder, name);
  try {
    writeFileSync(fileOf('openapi.json'), JSON.stringify(document));
    writeFileSync(fileOf('options.json'), JSON.stringify(options));
    const input = ['build-docs', fileOf('openapi.json'), '--openapi', fileOf('options.json')];
    const output = ['--output', fileOf('out.html'), '--template', join(import.meta.dirname, 'template.hbs')];
    const { status, stderr, error } = spawnSync(
      process.execPath,
      ['--import', join(import.meta.dirname, 'hook.ts'), redoclyCli, ...input, ...output, '--inlineBundle'],
      { cwd: folder, env: redoclyEnv, encoding: 'utf8', maxBuffer: 2 ** 26 },
    );
    if (status !== 0) throw new Error(`redocly build-docs failed: ${error?.message ?? stderr.trim()}`);
    return split(readFileSync(fileOf('out.html'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Takes Redocly's output apart. A module would need a server; a classic script runs from a disk too. */
function split(page: string): Rendered {
  const [, styles, html, script] =
    /^([\s\S]*?)<!-- docs:split -->([\s\S]*?)<script type="module">([\s\S]*)<\/script>\s*$/.exec(page) ?? [];
  if (styles === undefined || html === undefined || script === undefined) {
    throw new Error('Redocly no longer writes styles, an element and one script');
  }
  return {
    styles: styles.trim(),
    html: withHashLinks(html.trim()),
    script: `(() => {${classic(withoutRemoteLogo(patchRedoc(script)))}})();\n`,
  };
}

/** Removes the exports and `import.meta`, which no classic script has. Redoc would look for a worker's file there. */
const classic = (code: string): string =>
  code.replace(/export\{RedocStandalone,\w+,\w+\};/, '').replace(/(?<!")import\.meta\.\w+/g, '""');

/** Puts a local picture in the place of the remote one. */
export function withoutRemoteLogo(code: string): string {
  const local = code.replaceAll(remoteLogo, logo);
  if (local === code) throw new Error('Redoc no longer loads its logo from the known address: see what it loads now');
  return local;
}

/** Links to fragments, as Redoc's script does later. Until then Redoc links to paths, which do not work from a disk. */
function withHashLinks(html: string): string {
  return html.replace(/(<a [^>]*href=")\//g, '$1#/');
}

function svgUri(content: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="16">${content}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
