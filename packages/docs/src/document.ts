import {
  type OpenapiDocument,
  operationsOf,
  type PlacedOperation,
  type SecurityScheme,
  type Tag,
} from '@koodrive-backup/spec/openapi-document';
import { codeSamples } from './samples.ts';

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
export function docsDocument(contract: object, texts: readonly string[]): OpenapiDocument {
  const document = JSON.parse(JSON.stringify(contract, withErrorCodes).replaceAll('](errata.md)', `](${errataLink})`));
  return withTexts(withAuthentication(withSamples(document)), texts);
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

function withSamples(document: OpenapiDocument): OpenapiDocument {
  for (const placed of operationsOf(document)) {
    placed.operation['x-codeSamples'] = codeSamples(document, placed);
  }
  return document;
}

/** Redoc names the schemes only, and keeps what they ask for in a dialog. */
function withAuthentication(document: OpenapiDocument): OpenapiDocument {
  for (const placed of operationsOf(document)) {
    const { operation } = placed;
    operation.description = `${operation.description ?? ''}\n\n${authentication(document, placed)}\n`;
  }
  return document;
}

function authentication(document: OpenapiDocument, { operation }: PlacedOperation): string {
  const alternatives = (operation.security ?? document.security ?? []).map((requirement) =>
    Object.keys(requirement).map((name) => schemeText(document, name)),
  );
  const items = alternatives.map((schemes) => `- ${schemes.join(' *Together with* ')}`);
  return [`**Authentication**, ${items.length > 1 ? 'one of' : 'by'}:`, '', ...items].join('\n');
}

function schemeText(document: OpenapiDocument, name: string): string {
  const scheme = document.components?.securitySchemes?.[name];
  if (scheme === undefined) throw new Error(`The contract describes no security scheme ${name}`);
  const description = (scheme.description ?? '').trim().replaceAll(/\s*\n\s*/g, ' ');
  return `**${name}**${place(scheme)}: ${description}`;
}

const place = (scheme: SecurityScheme): string =>
  scheme.type === 'apiKey' ? `, in the ${scheme.in} \`${scheme.name}\`` : '';

/**
 * Appends texts as tags without operations, the only kind of text that Redoc puts after the operations: one for each
 * heading, so that each has an entry in the menu and an address. An erratum's is its number, as in `#/e7`.
 *
 * Redoc folds the operations of a tag away, so they are shown without theirs; the empty name stands for such operations
 * and keeps them in front.
 */
function withTexts(document: OpenapiDocument, texts: readonly string[]): OpenapiDocument {
  for (const { operation } of operationsOf(document)) delete operation.tags;
  document.tags = [{ name: '' }, ...texts.flatMap(sectionsOf).map(sectionTag)];
  return document;
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

function sectionTag([heading = '', ...text]: string[]): Tag {
  const [name = heading] = heading.match(/^E\d+(?=\.)/) ?? [];
  const description = text.join('\n').replace(/\(E(\d+)\)/g, '([E$1](#/e$1))');
  return { name, 'x-displayName': heading, description, 'x-traitTag': true };
}
