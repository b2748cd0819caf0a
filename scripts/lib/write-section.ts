import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Replaces what stands in Markdown between the comments `<!-- NAME -->` and `<!-- /NAME -->`.
 *
 * @returns The Markdown with `text` there.
 * @throws Error if it has no such comments.
 */
export function withSection(markdown: string, name: string, text: string): string {
  const section = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!section.test(markdown)) throw new Error(`there is no place for the table: <!-- ${name} -->`);
  // A function: the text may have a dollar sign.
  return markdown.replace(section, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
}

/**
 * Writes text into a Markdown file, as {@link withSection} does.
 *
 * @throws Error if the file has no such comments.
 */
export function writeSection(file: string, name: string, text: string): void {
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), name, text));
}
