import { find } from '@koodrive-backup/spec/contract';

/** The source of a part of the contract: `page`, `neighbour` and `plain` are the vendor's pages, `ours` are errata. */
type Source = Record<string, string | readonly string[]>;

/**
 * Returns the errata that alone decide a place in the contract, because no page of the vendor does. The nearest
 * `x-source` counts: that of the place itself or of its closest parent.
 *
 * @param document The bundled contract.
 * @param pointer A JSON pointer into it, or an erratum such as `errata.md#e13`.
 * @returns Their names, such as `E13`. Empty if a page of the vendor decides the place.
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
