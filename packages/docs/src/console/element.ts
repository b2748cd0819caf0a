/** What an element holds: other nodes, and texts, which are never read as HTML. */
export type Content = Node | string;

/** Creates an element. An attribute that is `false` is left out, one that is `true` has no value. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | boolean> = {},
  ...content: Content[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...content);
  return made;
}

/** A list of texts. */
export const listOf = (texts: string[]): HTMLUListElement =>
  element('ul', {}, ...texts.map((text) => element('li', {}, text)));
