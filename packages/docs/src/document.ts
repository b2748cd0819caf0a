import { find, type Operation, readContract } from '@koodrive-backup/spec/contract';
import { withErrataLinks } from './markdown.ts';
import { badges, type Source } from './provenance.ts';
import { type CodeSample, codeSamples } from './samples.ts';

/** The parts of an Operation Object that the docs change. */
export interface DocsOperation {
  description?: string;
  tags?: string[];
  security?: object[];
  'x-codeSamples'?: CodeSample[];
}

/** The part of a Response Object that the docs change. */
interface Described {
  description: string;
}

/** A part of an OpenAPI document. */
type Node = Record<string, unknown>;

/**
 * Returns the contract as Redoc shows it: with samples, links to the source of each statement, links to errata, and an
 * example of each refusal.
 *
 * @param contract The bundled contract, whose texts link to errata.md.
 * @returns A new document; the contract is left as it is.
 */
export function docsDocument(contract: object): object {
  const document: Node = JSON.parse(JSON.stringify(contract).replaceAll('](errata.md)', '](errata.html)'));
  const { operations } = readContract(document);
  delete document.security;
  for (const operation of operations) complete(document, operation);
  for (const [pointer, examples] of refusalsOf(operations))
    showExamples(find(document, pointer).value as Described, examples);
  return described(document) as object;
}

function complete(document: object, operation: Operation): void {
  const object: DocsOperation = find(document, operation.pointer).value;
  object['x-codeSamples'] = codeSamples(operation);
  // A click on the first link opens the console.
  object.description = `[Try it](#try/${operation.id})\n\n${authentication(operation)}\n\n${object.description ?? ''}`;
  delete object.security;
}

/** Describes authentication in one line. Redoc would show the same panel and dialog in each operation. */
function authentication({ security }: Operation): string {
  const names = security.map((schemes) => schemes.map(({ name }) => name).join(' and '));
  return `Authentication: [${names.join(' or ')}](signing.html).`;
}

/** Returns the examples of each refusal, by its place in the contract, because several operations share a refusal. */
function refusalsOf(operations: Operation[]): Map<string, unknown[]> {
  const refusals = operations.flatMap(({ responses }) =>
    Object.entries(responses).filter(([status]) => status !== '200'),
  );
  return new Map(refusals.map(([, { pointer, examples }]) => [pointer, Object.values(examples)]));
}

/** Adds the examples to the description, because Redoc shows them only after two clicks. */
function showExamples(response: Described, examples: unknown[]): void {
  if (examples.length === 0) return;
  const shown = examples.map((example) => `\`${JSON.stringify(example)}\``).join(' or ');
  response.description = `${response.description.trim()}\n\nFor example ${shown}.`;
}

/** The parts of an operation that have a description of their own. */
const ofOperation = new Set(['requestBody', 'responses']);

/** Keys whose values hold no Markdown. */
const untouched = new Set(['example', 'examples', 'servers', 'x-codeSamples']);

/**
 * Completes each description below a node.
 *
 * @param source The source of what contains the node. It applies unless the node names its own.
 */
function described(node: unknown, source?: Source): unknown {
  if (Array.isArray(node)) return node.map((each) => described(each, source));
  if (typeof node !== 'object' || node === null) return node;
  const { 'x-source': own, 'x-error-codes': codes, ...rest } = node as Node & { 'x-source'?: Source };
  const from = own ?? source;
  const entries = Object.entries(rest).map(([key, value]) => {
    if (untouched.has(key)) return [key, value];
    // Our reading of a whole operation is shown at the operation, and need not apply to its body and answers.
    if (ofOperation.has(key)) return [key, described(value, from && { ...from, ours: [] })];
    if (key !== 'description' || typeof value !== 'string') return [key, described(value, from)];
    const text = codes === undefined ? value : `${value.trim()} [Every code](errors.html#codes) is explained there.`;
    return [key, `${withErrataLinks(text).trim()}${from ? ` ${badges(from)}` : ''}`];
  });
  return Object.fromEntries(entries);
}
