/** The key under which Redoc stores the reader's choice, and reads it when it starts. */
const key = 'redoc.colorMode';
const dark = matchMedia('(prefers-color-scheme: dark)');
const paper = matchMedia('print');

/** Sets light or dark: what the reader has chosen, otherwise what the system prefers. Paper is always light. */
export function setUpColours(): void {
  let chosen = stored();
  const apply = (): void => {
    const preferred = chosen ?? (dark.matches ? 'dark' : 'light');
    const mode = paper.matches ? 'light' : preferred;
    document.documentElement.classList.remove('light', 'dark');
    document.documentElement.classList.add(mode);
  };
  apply();
  for (const query of [dark, paper]) query.addEventListener('change', apply);
  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof Element) || !target.closest('[data-toggle="colours"]')) return;
    chosen = document.documentElement.classList.contains('dark') ? 'light' : 'dark';
    store(chosen);
    apply();
  });
}

type Mode = 'light' | 'dark';

// A browser that stores nothing for pages from a disk throws. Then the choice lasts as long as the page.
function stored(): Mode | undefined {
  try {
    const mode = localStorage.getItem(key);
    return mode === 'light' || mode === 'dark' ? mode : undefined;
  } catch {
    return undefined;
  }
}

function store(mode: Mode): void {
  try {
    localStorage.setItem(key, mode);
  } catch {}
}
