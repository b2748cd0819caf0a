// Finds changes that Redocly does not find: those of lists in extensions, such as x-error-codes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isSeq, isNode as isYaml, LineCounter, parseDocument } from 'yaml';
import type { FoundChange, FoundPlace } from './contract-diff-rules.ts';
import { below, type ContractFiles, isNode, type Place, stepsOf } from './contract-diff-uses.ts';

/**
 * Returns the lists in extensions that both contracts have and that differ. Not those that were added or removed,
 * because Redocly reports these with the object around them.
 */
export function changedLists(base: ContractFiles, revision: ContractFiles): FoundChange[] {
  return [...base.files].flatMap(([file, content]) =>
    listsIn({ file, pointer: '#/' }, content).flatMap(({ parent, property }): FoundChange[] => {
      const place = below(parent, property);
      const [old, now] = [base.lookUp(place), revision.lookUp(place)];
      if (!Array.isArray(now) || JSON.stringify(old) === JSON.stringify(now)) return [];
      const [before, after] = [found(base, place, old), found(revision, place, now)];
      return [
        { kind: 'modified', typeName: 'SpecExtension', path: parent.pointer, property, base: before, revision: after },
      ];
    }),
  );
}

function listsIn(parent: Place, node: unknown): { parent: Place; property: string }[] {
  if (!isNode(node)) return [];
  return Object.entries(node).flatMap(([property, value]) => {
    if (property.startsWith('x-') && Array.isArray(value)) return [{ parent, property }];
    return listsIn(below(parent, property), value);
  });
}

function found({ folder }: ContractFiles, { file, pointer }: Place, value: unknown): FoundPlace {
  const lineCounter = new LineCounter();
  const document = parseDocument(readFileSync(join(folder, file), 'utf8'), { lineCounter });
  const node = stepsOf(pointer).reduce<unknown>(childOf, document.contents);
  const { line, col } = lineCounter.linePos(isYaml(node) ? (node.range?.[0] ?? 0) : 0);
  return { file: join(folder, file), pointer, line, col, value };
}

/**
 * Returns a child of a YAML node. Compares keys as strings, because an unquoted status such as 200 is a YAML number.
 */
function childOf(node: unknown, step: string): unknown {
  if (isSeq(node)) return node.items[Number(step)];
  return isMap(node) ? node.items.find(({ key }) => String(key) === step)?.value : undefined;
}
