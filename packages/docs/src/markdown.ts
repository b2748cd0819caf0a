import hljs from 'highlight.js/lib/common';
import http from 'highlight.js/lib/languages/http';
import { Marked, type Tokens } from 'marked';

hljs.registerLanguage('http', http);

/** A heading with the text up to the next heading. The list of headings and the search are made of these. */
export interface Section {
  /** Its address in the page. */
  id: string;
  /** 1 for the title. */
  level: number;
  title: string;
  /** Without markup. */
  text: string;
}

/** A text of the docs as HTML. */
export interface Rendered {
  html: string;
  sections: Section[];
}

/**
 * Renders Markdown: headings with addresses, highlighted code with a button that copies it, tables whose first column
 * is a header, and a link wherever the text names an erratum.
 */
export function renderMarkdown(markdown: string): Rendered {
  const sections: Section[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }: Tokens.Heading): string {
        const content = this.parser.parseInline(tokens);
        const title = plainText(content);
        const id = headingId(title);
        sections.push({ id, level: depth, title, text: '' });
        const link =
          depth === 1 ? '' : ` <a class="anchor" href="#${id}" aria-label="Link to ${escapeHtml(title)}">#</a>`;
        return `<h${depth} id="${id}">${content}${link}</h${depth}>\n`;
      },
      code({ text, lang = '' }: Tokens.Code): string {
        addText(sections, text);
        return codeBlock(text, lang);
      },
      table(token: Tokens.Table): string {
        const cell = (tag: string, { tokens }: Tokens.TableCell, attributes = ''): string =>
          `<${tag}${attributes}>${this.parser.parseInline(tokens)}</${tag}>`;
        const hasHeader = token.header.some(({ text }) => text !== '');
        const row = (cells: Tokens.TableCell[]): string =>
          `<tr>${cells.map((each, at) => (at === 0 ? cell('th', each, ' scope="row"') : cell('td', each))).join('')}</tr>`;
        const header = hasHeader ? `<thead><tr>${token.header.map(headerCell(cell)).join('')}</tr></thead>` : '';
        const html = `${header}<tbody>${token.rows.map(row).join('\n')}</tbody>`;
        addText(sections, plainText(html));
        return `<table${hasHeader ? '' : ' class="facts"'}>${html}</table>\n`;
      },
      paragraph({ tokens }: Tokens.Paragraph): string {
        const content = this.parser.parseInline(tokens);
        addText(sections, plainText(content));
        return `<p>${content}</p>\n`;
      },
      listitem({ tokens }: Tokens.ListItem): string {
        const content = this.parser.parse(tokens);
        addText(sections, plainText(content));
        return `<li>${content}</li>\n`;
      },
    },
  });
  const html = marked.parse(withErrataLinks(markdown), { async: false });
  return { html, sections };
}

const headerCell =
  (cell: (tag: string, each: Tokens.TableCell, attributes: string) => string) =>
  (each: Tokens.TableCell): string =>
    each.text === '' ? '<td></td>' : cell('th', each, ' scope="col"');

function addText(sections: Section[], text: string): void {
  const last = sections.at(-1);
  if (last) last.text = `${last.text} ${text}`.trim();
}

/** A highlighted block of code. The button copies exactly this code. */
function codeBlock(code: string, named: string): string {
  // As `shell`, highlight.js would highlight only what follows a prompt.
  const language = named === 'shell' ? 'bash' : named;
  const known = hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : escapeHtml(code);
  return `<div class="code"><pre><code>${known}</code></pre><button type="button" class="copy">Copy</button></div>\n`;
}

/** Turns the number of each erratum into a link to it, except in code and in links. */
export function withErrataLinks(markdown: string): string {
  // The pattern matches code, links and headings first, so that they stay as they are.
  const pattern = /```[\s\S]*?```|`[^`]*`|\[[^\]]*\]\([^)]*\)|^#.*$|^\| E\d+ \||(?<![\w/#])E(\d{1,2})(?!\w)/gm;
  return markdown.replace(pattern, (all, number: string | undefined) => {
    if (number) return `[E${number}](errata.html#e${number})`;
    const row = /^\| E(\d+) \|$/.exec(all);
    return row ? `| [E${row[1]}](#e${row[1]}) |` : all;
  });
}

/** Returns the address of a heading. The address of an erratum is its number. */
export function headingId(title: string): string {
  const number = /^E\d+(?=\.)/.exec(title)?.[0];
  return (number ?? title)
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

/** Returns the text of HTML that this module has made. */
export function plainText(html: string): string {
  return html
    .replace(/<\/(td|th|p|li)>/g, ' ')
    .replace(/<[^>]+>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Escapes a text for the content of an element, or for an attribute in double quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
