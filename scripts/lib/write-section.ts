import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Replaces the text between the comments `<!-- NAME -->` and `<!-- /NAME -->` of a Markdown document.
 *
 * @returns The Markdown with `text` between the comments.
 * @throws Error if the Markdown does not have these comments.
 */
export function withSection(markdown: string, name: string, text: string): string {
  const section = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!section.test(markdown))
    throw new Error(`there is no place for the text: the Markdown needs <!-- ${name} --> and <!-- /${name} -->`);
  // A function, because a dollar sign in the text would be a pattern in a replacement string.
  return markdown.replace(section, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
}

/**
 * Replaces a section of a Markdown file, as {@link withSection} does.
 *
 * @throws Error if the file does not have the section's comments.
 */
export function writeSection(file: string, name: string, text: string): void {
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), name, text));
}
