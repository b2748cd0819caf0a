import { escapeHtml, type Section } from './markdown.ts';

/** A page of the docs. */
export interface Page {
  /** Its file in the folder of the docs. */
  file: string;
  /** Shown in the menu and in the browser's tab. */
  title: string;
  /** What search engines and link previews show. */
  description: string;
  /** The content, without the frame that all pages share. */
  html: string;
  sections: Section[];
  /** What only this page has in its `head`. */
  head?: string;
  /** Where its scripts may send requests; nowhere by default. */
  connect?: string;
  /** Whether the content brings its own `main`. */
  hasMain?: boolean;
}

/** An entry of the menu. */
export interface MenuItem {
  title: string;
  href: string;
  /** The method of an operation. */
  method?: string;
}

/** A part of the menu under one heading. */
export interface MenuGroup {
  title: string;
  items: MenuItem[];
}

/** Puts a page into the frame that all pages share: menu, search, and a link past both. */
export function wholePage(page: Page, menu: MenuGroup[]): string {
  const { file, title, description, html, head = '', hasMain = false } = page;
  const content = hasMain
    ? `<div id="content" tabindex="-1">${html}</div>`
    : `<main id="content" class="text" tabindex="-1"><article>${html}</article>${contents(page)}</main>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(title)} · KooDrive Backup API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${escapeHtml(description)}">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy(page)}">
${head}<link rel="stylesheet" href="docs.css">
<script src="early.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div class="side">
<header class="bar">
<a class="brand" href="index.html">KooDrive Backup API</a>
<button type="button" class="needs-script icon" data-toggle="colours" aria-label="Change between light and dark">◐</button>
<button type="button" class="needs-script menu-button" data-toggle="menu" aria-expanded="false" aria-controls="menu">Menu</button>
<button type="button" class="needs-script search-button" data-open="search" aria-keyshortcuts="Control+K"><span>Search</span> <kbd>Ctrl K</kbd></button>
</header>
<nav id="menu" aria-label="Docs">
${menu.map((group) => groupHtml(group, file)).join('\n')}
<p class="unofficial">Unofficial: not affiliated with Huawei Cloud.</p>
</nav>
</div>
<noscript><p class="notice">All text of these docs is here without scripts. Search, the copy buttons and “Try it” need them.</p></noscript>
<script src="docs.js"></script>
${content}
</body>
</html>
`;
}

/**
 * Allows only files of the docs' own folder, so that a page works offline and tells nobody that it is read. Redoc
 * writes a script and styles into its page.
 */
function policy({ connect = "'none'" }: Page): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'unsafe-inline'",
    "style-src 'self' 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function groupHtml({ title, items }: MenuGroup, current: string): string {
  const id = `menu-${title.toLowerCase().replaceAll(' ', '-')}`;
  const entries = items.map(({ title: name, href, method }) => {
    const isCurrent = href === current ? ' aria-current="page"' : '';
    const badge = method ? ` <span class="method ${method.toLowerCase()}">${method}</span>` : '';
    return `<li><a href="${escapeHtml(href)}"${isCurrent}><span>${escapeHtml(name)}</span>${badge}</a></li>`;
  });
  return `<p class="group" id="${id}">${escapeHtml(title)}</p>\n<ul aria-labelledby="${id}">\n${entries.join('\n')}\n</ul>`;
}

/** The most headings to list on two levels: those of the errata fit, those of the samples are too many to read. */
const most = 60;

/** Lists the headings of a page beside it, unless it has only one. */
function contents({ sections }: Page): string {
  const all = sections.filter(({ level }) => level === 2 || level === 3);
  const entries = all.length > most ? all.filter(({ level }) => level === 2) : all;
  if (entries.length < 2) return '';
  const items = entries.map(
    ({ id, level, title }) => `<li class="level-${level}"><a href="#${id}">${escapeHtml(title)}</a></li>`,
  );
  return `<nav class="contents" aria-label="On this page"><p class="group">On this page</p><ul>${items.join('')}</ul></nav>`;
}
