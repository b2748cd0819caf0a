import { pointerTo } from '@koodrive-backup/spec/contract';

/** A parsed JSON text, with what `JSON.parse` loses. */
export interface JsonFindings {
  value: unknown;
  /** JSON pointers to members that an object has twice. */
  duplicates: string[];
  /** The text of each number, by its JSON pointer. */
  numbers: Map<string, string>;
}

const token = /[\s]*(?:([{}[\],:])|"((?:[^"\\]|\\.)*)"|([^\s{}[\],:"]+))/gy;

/**
 * Parses a JSON text, and returns also what parsing loses: repeated members, and how numbers were written.
 *
 * @throws SyntaxError if the text is not JSON.
 */
export function readJson(text: string): JsonFindings {
  const value: unknown = JSON.parse(text);
  const duplicates: string[] = [];
  const numbers = new Map<string, string>();
  // One frame for each object or array that is open.
  const frames: { names?: Set<string>; name: string; index: number; expectsName: boolean }[] = [];
  const here = (): string => pointerTo(...frames.map(({ names, name, index }) => (names ? name : `${index}`)));
  token.lastIndex = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [, mark, string, literal] = match;
    const frame = frames.at(-1);
    if (mark === '{') frames.push({ names: new Set(), name: '', index: 0, expectsName: true });
    else if (mark === '[') frames.push({ name: '', index: 0, expectsName: false });
    else if (mark === '}' || mark === ']') frames.pop();
    else if (mark === ',' && frame) {
      frame.index += 1;
      frame.expectsName = frame.names !== undefined;
    } else if (string !== undefined && frame?.expectsName) {
      frame.name = JSON.parse(`"${string}"`);
      frame.expectsName = false;
      if (frame.names?.has(frame.name)) duplicates.push(here());
      frame.names?.add(frame.name);
    } else if (literal !== undefined && /^[-\d]/.test(literal)) numbers.set(here(), literal);
  }
  return { value, duplicates, numbers };
}
