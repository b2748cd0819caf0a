import { describe, expect, it } from 'vitest';
import { headingId, plainText, renderMarkdown, withErrataLinks } from './markdown.ts';

describe('renderMarkdown', () => {
  it('gives each heading an address, and its text to the search', () => {
    const { html, sections } = renderMarkdown('# Title\n\nFirst `code`.\n\n## A & B\n\n- one\n- two\n');
    expect(sections).toEqual([
      { id: 'title', level: 1, title: 'Title', text: 'First code.' },
      { id: 'a--b', level: 2, title: 'A & B', text: 'one two' },
    ]);
    expect(html).toContain(
      '<h2 id="a--b">A &amp; B <a class="anchor" href="#a--b" aria-label="Link to A &amp; B">#</a></h2>',
    );
  });

  it('highlights code, escapes it, and puts a button beside it', () => {
    const { html } = renderMarkdown('# T\n\n```sh\necho "<b>"\n```\n\n```unknown\n<b>\n```\n');
    expect(html).toContain('<span class="hljs-string">&quot;&lt;b&gt;&quot;</span>');
    expect(html).toContain('<pre><code>&lt;b&gt;</code></pre><button type="button" class="copy">Copy</button>');
  });

  it('makes the first column of a table its headers, and leaves out an empty head', () => {
    const { html } = renderMarkdown('# T\n\n| | |\n|---|---|\n| Key | Value |\n');
    expect(html).toContain(
      '<table class="facts"><tbody><tr><th scope="row">Key</th><td>Value</td></tr></tbody></table>',
    );
  });
});

describe('withErrataLinks', () => {
  it.each([
    ['as in E9 (E12, E13).', 'as in [E9](errata.html#e9) ([E12](errata.html#e12), [E13](errata.html#e13)).'],
    ['`E1` and [E2](x) and HE3 and E123', '`E1` and [E2](x) and HE3 and E123'],
    ['### E1. Title', '### E1. Title'],
    ['```\nE1\n```', '```\nE1\n```'],
    ['| E1 | first |', '| [E1](#e1) | first |'],
  ])('changes %j to %j', (markdown, expected) => {
    expect(withErrataLinks(markdown)).toBe(expected);
  });
});

it.each([
  ['E7. What 400 means', 'e7'],
  ["The page's example, verbatim", 'the-pages-example-verbatim'],
])('the heading %j has the address %s', (title, id) => expect(headingId(title)).toBe(id));

it('plainText reverses what the rendering escapes', () => {
  expect(plainText('<p>a &lt;b&gt; &amp;amp; &quot;c&quot;</p>')).toBe('a <b> &amp; "c"');
});
