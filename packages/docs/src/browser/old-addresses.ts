/**
 * Leads from an address of the docs when they were one page to where its text is now. The page lists under which
 * fragment what is found.
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
 * The address today.
 *
 * @param moved Where the text of each old fragment is: by the name of its heading, or by its operation.
 * @param fragment That of index.html, as a browser has it.
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

/** The name of a heading in an old address, which kept marks such as apostrophes. Empty if the address is another. */
const headingOf = (fragment: string): string =>
  /^#\/[^/#]*$/.test(fragment) ? fragment.toLowerCase().replace(/[^a-z0-9-]/g, '') : '';
