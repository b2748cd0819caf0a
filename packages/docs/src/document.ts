import { find, type Operation, readContract, type SecurityScheme } from '@koodrive-backup/spec/contract';
import { type CodeSample, codeSamples } from './samples.ts';

/** The parts of an OpenAPI document that the docs change. */
export interface DocsDocument {
  info: { description?: string };
  tags?: Tag[];
  paths: object;
}

/** A Tag Object. `x-traitTag` has Redoc show its text alone, without operations, under its `x-displayName`. */
interface Tag {
  name: string;
  description?: string;
  'x-displayName'?: string;
  'x-traitTag'?: boolean;
}

/** The parts of an Operation Object that the docs change. */
export interface DocsOperation {
  description?: string;
  tags?: string[];
  'x-codeSamples'?: CodeSample[];
}

/** Where Redoc puts the tag below: its router writes an item's address into the fragment. */
const errataLink = '#/errata';

/**
 * The contract as Redoc is to show it: with samples, with the ways to authenticate in each operation's text, with the
 * codes of refusals as a table, and with the texts after the operations.
 *
 * @param contract The bundled contract, whose texts link to errata.md.
 * @param texts What else the docs have to say, in Markdown: the guide, the errata.
 * @returns A new document; the contract is left as it is.
 */
export function docsDocument(contract: object, texts: readonly string[]): DocsDocument {
  const document: DocsDocument = JSON.parse(
    JSON.stringify(contract, withErrorCodes).replaceAll('](errata.md)', `](${errataLink})`),
  );
  for (const operation of readContract(document).operations) complete(document, operation);
  // Redoc folds the operations of a tag away, so they are shown without theirs; the empty name stands for such
  // operations and keeps them in front.
  document.tags = [{ name: '' }, ...texts.flatMap(sectionsOf).map(sectionTag)];
  return document;
}

interface ErrorCode {
  code: number;
  name: string;
  description: string;
}

/** A replacer for JSON.stringify: Redoc shows no extension of ours, so the list of codes goes into the description. */
function withErrorCodes(_key: string, node: unknown): unknown {
  if (typeof node !== 'object' || node === null || !('x-error-codes' in node)) return node;
  const { 'x-error-codes': codes, ...schema } = node as { 'x-error-codes': ErrorCode[]; description?: string };
  const rows = codes.map(({ code, name, description }) => `| \`${code}\` | ${name}: ${description} |`);
  const table = ['| Code | Meaning |', '|---|---|', ...rows].join('\n');
  return { ...schema, description: `${schema.description ?? ''}\n\n${table}\n` };
}

function complete(document: DocsDocument, operation: Operation): void {
  const object: DocsOperation = find(document, operation.pointer).value;
  object['x-codeSamples'] = codeSamples(operation);
  object.description = `${object.description ?? ''}\n\n${authentication(operation)}\n`;
  delete object.tags;
}

/** Redoc names the schemes only, and keeps what they ask for in a dialog. */
function authentication({ security }: Operation): string {
  const items = security.map((schemes) => `- ${schemes.map(schemeText).join(' *Together with* ')}`);
  return [`**Authentication**, ${items.length > 1 ? 'one of' : 'by'}:`, '', ...items].join('\n');
}

function schemeText({ name, header, description }: SecurityScheme): string {
  return `**${name}**, in the header \`${header}\`: ${description.trim().replaceAll(/\s*\n\s*/g, ' ')}`;
}

/** A text by its headings. In a block of code, a line that begins with # is none. */
function sectionsOf(text: string): string[][] {
  const sections: string[][] = [];
  let isCode = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    if (!isCode && /^#+ /.test(line)) sections.push([line.replace(/^#+ /, '')]);
    else sections.at(-1)?.push(line);
  }
  return sections;
}

/**
 * A tag without operations: the only kind of text that Redoc puts after the operations. Each heading has one, so that
 * each has an entry in the menu and an address. An erratum's is its number, as in `#/e7`.
 */
function sectionTag([heading = '', ...text]: string[]): Tag {
  const [name = heading] = heading.match(/^E\d+(?=\.)/) ?? [];
  const description = text.join('\n').replace(/\(E(\d+)\)/g, '([E$1](#/e$1))');
  return { name, 'x-displayName': heading, description, 'x-traitTag': true };
}
