import { find, pointerTo, readContract } from '@koodrive-backup/spec/contract';

/** An operation as the menu and the search show it. */
export interface ListedOperation {
  id: string;
  summary: string;
  method: string;
  path: string;
  /** Its fragment in index.html. */
  fragment: string;
}

/** A tag of the contract with its operations, in the contract's order. */
export interface Tag {
  name: string;
  operations: ListedOperation[];
}

/** The contract's operations by tag. */
export function operationsByTag(contract: object): Tag[] {
  const { tags, paths } = contract as { tags: { name: string }[]; paths: Record<string, object> };
  const order = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => pointerTo('paths', path, method)),
  );
  const inOrder = readContract(contract).operations.toSorted(
    (a, b) => order.indexOf(a.pointer) - order.indexOf(b.pointer),
  );
  return tags.map(({ name }) => ({
    name,
    operations: inOrder.flatMap(({ id, method, path, pointer }) => {
      const { summary, tags: own } = find(contract, pointer).value as { summary: string; tags: string[] };
      return own.includes(name) ? [{ id, summary, method, path, fragment: fragmentOf(name, id) }] : [];
    }),
  }));
}

/** Returns the fragment that Redoc's router gives to an operation. */
const fragmentOf = (tag: string, id: string): string =>
  `#/${tag.toLowerCase().replaceAll(' ', '-')}/${id.toLowerCase()}`;
