/** How a programming language writes the values of JSON. */
export interface Notation {
  /** The indentation of one level. */
  step: string;
  string(text: string): string;
  /** The name of a member. */
  key(name: string): string;
  /** A number, a boolean or null. */
  other(value: unknown): string;
}

/** Writes a JSON value as source code, one member on each line. */
export function literal(notation: Notation, value: unknown, indent: string): string {
  if (typeof value === 'string') return notation.string(value);
  if (typeof value !== 'object' || value === null) return notation.other(value);
  const inner = indent + notation.step;
  const isArray = Array.isArray(value);
  const members = isArray
    ? value.map((member) => literal(notation, member, inner))
    : Object.entries(value).map(([key, member]) => `${notation.key(key)}: ${literal(notation, member, inner)}`);
  const [open, close] = isArray ? '[]' : '{}';
  if (members.length === 0) return `${open}${close}`;
  return `${open}\n${members.map((member) => `${inner}${member},\n`).join('')}${indent}${close}`;
}
