import { follow, type Operation } from '@koodrive-backup/spec/contract';

/** A schema by which answers are written. */
export type ResponseSchemas = Record<string, object>;

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, object> }>>;
}

/**
 * The schemas of an operation's answers, by status, with every reference replaced by what it names: what the contract
 * does not know is not written, and what it requires has to be there.
 *
 * @param contract The bundled contract.
 */
export function responseSchemas(contract: object, { path, method }: Operation): ResponseSchemas {
  const responses = (contract as Document).paths[path]?.[method.toLowerCase()]?.responses ?? {};
  const schemas = Object.entries(responses).map(([status, response]) => {
    const { content } = resolved(contract, response) as { content: { 'application/json': { schema: object } } };
    return [status, forWriting(contract, content['application/json'].schema)];
  });
  return Object.fromEntries(schemas);
}

const resolved = (contract: object, node: object): object =>
  '$ref' in node ? follow(contract, String(node.$ref).slice(1)).value : node;

// What says how a value is checked or shown, and nothing about how it is written.
const notForWriting = new Set([
  'const',
  'contentMediaType',
  'description',
  'enum',
  'example',
  'format',
  'not',
  'pattern',
]);

function forWriting(contract: object, node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map((item) => forWriting(contract, item));
  const schema = resolved(contract, node) as Record<string, unknown>;
  const { properties, ...keywords } = schema;
  const kept = Object.entries(keywords).filter(([name]) => !notForWriting.has(name) && !name.startsWith('x-'));
  const written = Object.fromEntries(kept.map(([name, value]) => [name, forWriting(contract, value)]));
  if (!properties) return written;
  const fields = Object.entries(properties).map(([name, value]) => [name, forWriting(contract, value)]);
  return { ...written, properties: Object.fromEntries(fields) };
}
