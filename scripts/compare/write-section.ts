import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes text into a Markdown file, between the comments `<!-- NAME -->` and `<!-- /NAME -->`.
 *
 * @throws Error if the file has no such comments.
 */
export function writeSection(file: string, name: string, text: string): void {
  const section = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  const markdown = readFileSync(file, 'utf8');
  if (!section.test(markdown)) throw new Error(`${file} has no place for the table: <!-- ${name} -->`);
  // A function: the text may have a dollar sign.
  writeFileSync(
    file,
    markdown.replace(section, (_, begin, end) => `${begin}\n${text}\n\n${end}`),
  );
}
