import MiniSearch from 'minisearch';
import type { SearchEntry } from '../search-index.ts';

declare global {
  interface Window {
    koodriveDocsIndex?: SearchEntry[];
  }
}

const most = 30;

/** Opens the search with Ctrl+K, with `/`, or with its button. The index is read when it is first needed. */
export function setUpSearch(): void {
  // Capture the key before Redoc, which has a search of its own for the same keys.
  window.addEventListener('keydown', onKey, true);
  document.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('[data-open="search"]')) openSearch();
  });
}

function onKey(event: KeyboardEvent): void {
  const isTyping =
    event.target instanceof Element && event.target.matches('input, textarea, select, [contenteditable]');
  const isShortcut = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';
  if (!isShortcut && (event.key !== '/' || isTyping)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  openSearch();
}

function openSearch(): void {
  const dialog = document.querySelector<HTMLDialogElement>('#search') ?? createDialog();
  if (!dialog.open) dialog.showModal();
  dialog.querySelector('input')?.select();
}

function createDialog(): HTMLDialogElement {
  const dialog = document.createElement('dialog');
  dialog.id = 'search';
  dialog.setAttribute('aria-label', 'Search');
  dialog.innerHTML = `<input type="search" aria-label="Search operations, fields, errors and errata" placeholder="Search operations, fields, errors and errata" autocomplete="off" spellcheck="false"><p role="status"></p><ul></ul>`;
  document.body.append(dialog);
  const input = dialog.querySelector('input');
  const list = dialog.querySelector('ul');
  const status = dialog.querySelector('p');
  if (!input || !list || !status) throw new Error('The search dialog lacks its field, its list or its status');
  input.addEventListener('input', async () => {
    const find = await finder().catch(() => undefined);
    if (!find) {
      status.textContent = 'The search index could not be loaded. Type again to try again.';
      return;
    }
    const found = find(input.value);
    list.replaceChildren(...found.slice(0, most).map(item));
    status.textContent = input.value.trim() === '' ? '' : counted(found.length);
  });
  dialog.addEventListener('click', ({ target }) => {
    // The target is the dialog itself if the click was beside its content.
    if (target === dialog || (target instanceof Element && target.closest('a'))) dialog.close();
  });
  dialog.addEventListener('keydown', (event) => moveOrFollow(event, dialog));
  return dialog;
}

const counted = (length: number): string => (length === 0 ? 'Nothing found' : `${length} found`);

function item({ href, title, where, text }: SearchEntry): HTMLLIElement {
  const entry = document.createElement('li');
  const link = document.createElement('a');
  link.href = href;
  const name = document.createElement('b');
  name.textContent = title;
  const place = document.createElement('small');
  place.className = 'where';
  place.textContent = where;
  const excerpt = document.createElement('small');
  excerpt.textContent = text.length > 160 ? `${text.slice(0, 160)}…` : text;
  link.append(name, place, excerpt);
  entry.append(link);
  return entry;
}

/** Arrows move through the results; Enter in the field follows the first one. */
function moveOrFollow(event: KeyboardEvent, dialog: HTMLDialogElement): void {
  const stops = [...dialog.querySelectorAll<HTMLElement>('input, a')];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  if (event.key === 'Enter' && at === 0) stops[1]?.click();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  stops[Math.min(Math.max(at + step, 0), stops.length - 1)]?.focus();
}

type Find = (query: string) => SearchEntry[];
let ready: Promise<Find> | undefined;

function finder(): Promise<Find> {
  ready ??= loadIndex().then(createFinder, (error) => {
    // So that the next word loads it again.
    ready = undefined;
    throw error;
  });
  return ready;
}

function createFinder(entries: SearchEntry[]): Find {
  const index = new MiniSearch<SearchEntry & { id: number }>({
    fields: ['title', 'words', 'text', 'where'],
    searchOptions: {
      boost: { title: 4, words: 3 },
      prefix: true,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      combineWith: 'AND',
    },
  });
  index.addAll(entries.map((entry, id) => ({ ...entry, id })));
  return (query) => index.search(query).flatMap(({ id }) => entries[id] ?? []);
}

/** Loads the index as a script, because a page from a disk may fetch nothing. */
async function loadIndex(): Promise<SearchEntry[]> {
  const script = document.createElement('script');
  script.src = 'search-index.js';
  await new Promise((resolve, reject) => {
    script.addEventListener('load', resolve);
    script.addEventListener('error', reject);
    document.head.append(script);
  });
  return window.koodriveDocsIndex ?? [];
}
