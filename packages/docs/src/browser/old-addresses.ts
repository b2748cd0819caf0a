/**
 * Redirects an address from the time when the docs were one page to the page that has its text. The page lists the
 * target of each old fragment.
 */
export function followOldAddress(): void {
  const list = document.getElementById('moved')?.textContent;
  if (!list) return;
  const moved: Record<string, string> = JSON.parse(list);
  const follow = (): void => {
    const target = newAddress(moved, location.hash);
    if (target) location.replace(target);
  };
  follow();
  window.addEventListener('hashchange', follow);
}

/**
 * Returns the address that replaces an old fragment.
 *
 * @param moved The address of the text of each old fragment, by the name of its heading or by its operation.
 * @param fragment The fragment of index.html, as the browser has it.
 * @returns `undefined` if the fragment is none of the old ones.
 */
export function newAddress(moved: Record<string, string>, fragment: string): string | undefined {
  const old = decoded(fragment);
  const [operation] = /(?<=^#\/)other\/\w+/.exec(old) ?? [];
  const name = operation ?? headingOf(old);
  const target = Object.hasOwn(moved, name) ? moved[name] : undefined;
  // The address of a field repeats that of its operation.
  return target && operation ? old.replaceAll(operation, target.slice('#/'.length)) : target;
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** Returns the name of a heading from an old fragment, which kept apostrophes. Empty if it is no heading's fragment. */
const headingOf = (fragment: string): string =>
  /^#\/[^/#]*$/.test(fragment) ? fragment.toLowerCase().replace(/[^a-z0-9-]/g, '') : '';
