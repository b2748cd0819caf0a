import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';

/**
 * The page of changes, in Markdown: what the next version brings, and what past ones brought.
 *
 * @param version The version of the contract.
 */
export function changesPage(version: string): string {
  const next = pending();
  return [
    '# Changes',
    `These docs describe version ${version} of the contract. Each change names the packages that it is about.`,
    ...(next.length > 0 ? ['## Not released yet', ...next] : []),
    ...released(),
  ].join('\n\n');
}

/** The changesets that no version holds yet, in the order of their names. */
function pending(): string[] {
  const folder = join(rootDir, '.changeset');
  const files = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
  return files.toSorted().map((name) => {
    const [, head = '', text = ''] =
      /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(readFileSync(join(folder, name), 'utf8')) ?? [];
    const packages = [...head.matchAll(/^'@koodrive-backup\/(.+)':/gm)].map(([, each = '']) => each);
    const title = name.replace(/\.md$/, '').replaceAll('-', ' ');
    return `### ${title.charAt(0).toUpperCase()}${title.slice(1)}\n\nIn ${packages.map((each) => `\`${each}\``).join(', ')}.\n\n${text.trim()}`;
  });
}

/** The changelogs of the packages. There are none before the first version. */
function released(): string[] {
  const folders = ['spec', ...['client', 'conformance', 'docs', 'mock', 'server'].map((name) => `packages/${name}`)];
  return folders.flatMap((folder) => {
    const file = join(rootDir, folder, 'CHANGELOG.md');
    // One level down: the page has a title of its own.
    return existsSync(file) ? [readFileSync(file, 'utf8').replaceAll(/^(?=#)/gm, '#')] : [];
  });
}
