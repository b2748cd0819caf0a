import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { specDir } from '@koodrive-backup/lib/workspace';
import { stringify } from 'yaml';

/** A file that readers can download. */
export interface Download {
  name: string;
  content: string;
  /** What it is for, in Markdown. */
  purpose: string;
}

/** Returns each document that the package of the contract publishes, and the contract as YAML. */
export function downloads(): Download[] {
  const { exports } = JSON.parse(readFileSync(join(specDir, 'package.json'), 'utf8')) as {
    exports: Record<string, Entry>;
  };
  const readme = readFileSync(join(specDir, 'README.md'), 'utf8');
  const files = Object.values(exports)
    .map((entry) => (typeof entry === 'string' ? entry : entry.default))
    .filter((file) => /\.(json|md)$/.test(file) && file !== './package.json');
  const published = files.map((file): Download => {
    const name = basename(file);
    return { name, content: readFileSync(join(specDir, file), 'utf8'), purpose: purposeOf(name, readme) };
  });
  const contract = published.find(({ name }) => name === 'openapi.json');
  if (!contract) throw new Error('The package of the contract no longer publishes openapi.json');
  const yaml = stringify(JSON.parse(contract.content), { lineWidth: 120, aliasDuplicateObjects: false });
  return [
    {
      ...contract,
      name: 'openapi.yaml',
      content: yaml,
      purpose: 'The contract as YAML, for people and for tools that prefer it',
    },
    ...published,
  ];
}

type Entry = string | { default: string };

/** Reads what a file is for from the README of the contract, which lists each file by its name or its import. */
function purposeOf(name: string, readme: string): string {
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  const rowOf = (wanted: string): string | undefined => rows.find((line) => line.split('`')[1] === wanted);
  const row = rowOf(name) ?? rowOf(`@koodrive-backup/spec/${name}`);
  const purpose = row?.split('|')[2]?.trim();
  if (!purpose) throw new Error(`The README of the contract does not say what ${name} is for`);
  return purpose;
}

/** The page that lists the downloads, in Markdown. */
export function downloadsPage(files: Download[]): string {
  const rows = files.map(
    ({ name, content, purpose }) => `| [${name}](downloads/${name}) | ${sizeOf(content)} | ${purpose} |`,
  );
  return `# Downloads

The contract, its variants for tools that cannot read it as it is, and a collection of requests. The package
\`@koodrive-backup/spec\` has the same files, except \`openapi.yaml\`.

| File | Size | Is for |
|---|---|---|
${rows.join('\n')}

The README of \`@koodrive-backup/spec\` says which file suits which tool, and how to run the collection.
`;
}

const sizeOf = (content: string): string => `${Math.ceil(Buffer.byteLength(content) / 1024)} KiB`;
