import { find } from '@koodrive-backup/spec/contract';

/** Where the contract has a part from: `page`, `neighbour` and `plain` are the vendor's pages, `ours` are errata. */
type Source = Record<string, string | readonly string[]>;

/**
 * The errata that alone decide what a place in the contract says, because no page of the vendor does. The nearest
 * `x-source` counts: the place's own, or that of what it belongs to.
 *
 * @param document The bundled contract.
 * @param pointer A JSON pointer into it, or an erratum as `errata.md#e13`.
 * @returns Their names, as `E13`, or nothing if a page decides it too.
 */
export function errataDeciding(document: object, pointer: string): string[] {
  const [, erratum] = /^errata\.md#(e\d+)$/.exec(pointer) ?? [];
  if (erratum !== undefined) return [erratum.toUpperCase()];
  const tokens = pointer.split('/').slice(1);
  const source = tokens.reduce<Source>((nearest, _, i) => {
    const { value } = find(document, `/${tokens.slice(0, i + 1).join('/')}`);
    return (value as { 'x-source'?: Source })['x-source'] ?? nearest;
  }, {});
  const { ours = [], ...pages } = source;
  return Object.keys(pages).length === 0 ? [ours].flat() : [];
}
