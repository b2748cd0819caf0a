/** How many lines a text takes on a screen of 100 columns. */
export function screenLines(text: string): number {
  return text.split('\n').reduce((sum, line) => sum + Math.max(Math.ceil(line.length / 100), 1), 0);
}
