const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' };

/** Escapes a text for XML 1.0 and HTML. Replaces characters that XML does not allow (XML 1.0, section 2.2). */
export function escapedXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  const sound = text.toWellFormed().replace(/[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/g, '\ufffd');
  return sound.replace(/[&<>"\n]/g, (char) => entities[char] ?? char);
}
