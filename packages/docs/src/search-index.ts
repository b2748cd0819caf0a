import { find, type Operation, readContract, type Schema } from '@koodrive-backup/spec/contract';
import { renderMarkdown } from './markdown.ts';
import { type ListedOperation, operationsByTag } from './operations.ts';
import type { Page } from './page.ts';

/** What the search of the docs can find. */
export interface SearchEntry {
  title: string;
  /** More words by which the search finds the entry. They are not shown. */
  words: string;
  /** What the entry is a part of. */
  where: string;
  href: string;
  /** Without markup. */
  text: string;
}

/** A description, by itself or in a schema that was resolved. */
interface Described {
  description?: string;
}

/**
 * Returns all that the search of the docs can find: operations, their parameters and fields, and the headings of pages.
 *
 * @param contract The bundled contract.
 */
export function searchIndex(contract: object, pages: Page[]): SearchEntry[] {
  const operations = new Map(readContract(contract).operations.map((operation) => [operation.id, operation]));
  const listed = operationsByTag(contract).flatMap((tag) => tag.operations);
  return [
    ...withoutRepetition(
      listed.flatMap((entry) => {
        const operation = operations.get(entry.id);
        return operation ? operationEntries(contract, entry, operation) : [];
      }),
    ),
    ...pages.flatMap(({ title, file, sections }) =>
      sections.map(({ id, level, title: heading, text }) => ({
        title: heading,
        words: '',
        where: level === 1 ? '' : title,
        href: level === 1 ? file : `${file}#${id}`,
        text,
      })),
    ),
  ];
}

/** A field that several operations share is found once: in a request if there is one, because readers fill it in there. */
function withoutRepetition(entries: SearchEntry[]): SearchEntry[] {
  const same = Map.groupBy(entries, ({ title, text }) => `${title}\n${text}`);
  return [...same.values()].flatMap((group) => {
    const best = group.find(({ where }) => !where.startsWith('answer')) ?? group[0];
    if (!best) return [];
    return [group.length === 1 ? best : { ...best, where: `${best.where}, and ${group.length - 1} more places` }];
  });
}

function operationEntries(contract: object, listed: ListedOperation, operation: Operation): SearchEntry[] {
  const { id, summary, method, path, fragment } = listed;
  const href = `index.html${fragment}`;
  const { description } = find(contract, operation.pointer).value as Described;
  const fieldEntry = (title: string, address: string, where: string, text = ''): SearchEntry => ({
    title,
    words: '',
    where: `${where} of ${id}`,
    // Redoc's router takes the first part, and scrolls to the element that the second names.
    href: `${href}${fragment.replace('/', '')}/${address.toLowerCase()}`,
    text: plain(text),
  });
  return [
    { title: summary, words: id, where: `${method} ${path}`, href, text: plain(description) },
    ...operation.parameters.map(({ name, in: place, pointer }) => {
      const text = (find(contract, pointer).value as Described).description;
      return fieldEntry(name, `t=request&in=${place === 'header' ? 'headers' : place}&path=${name}`, place, text);
    }),
    ...fieldsOf(operation.body?.schema).map(({ name, at, description: text }) =>
      fieldEntry(name, `t=request&path=${at}`, 'body', text),
    ),
    ...fieldsOf(operation.responses['200']?.schema).map(({ name, at, description: text }) =>
      fieldEntry(name, `t=response&c=200&path=${at}`, 'answer', text),
    ),
  ];
}

interface Field extends Described {
  name: string;
  /** Its place in the body, as Redoc writes it. */
  at: string;
}

function fieldsOf(schema: (Schema & Described) | undefined, parents: string[] = []): Field[] {
  if (schema?.items) return fieldsOf(schema.items, [...parents.slice(0, -1), `${parents.at(-1)}[]`]);
  return Object.entries(schema?.properties ?? {}).flatMap(([name, property]: [string, Schema & Described]) => {
    const path = [...parents, name];
    return [{ name, at: path.join('/'), description: property.description ?? '' }, ...fieldsOf(property, path)];
  });
}

/** Returns the text of Markdown, without markup. */
function plain(markdown = ''): string {
  const { sections } = renderMarkdown(`# x\n\n${markdown}`);
  return sections[0]?.text ?? '';
}
