/** A place in a document: its JSON pointer and its value. */
export interface Place {
  pointer: string;
  value: object;
}

/** Joins tokens into a JSON pointer (RFC 6901, section 3). */
export function pointerTo(...tokens: string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Writes a JSON pointer as a URI fragment (RFC 6901, section 6): the form that references and Ajv use. */
export function fragmentOf(pointer: string): string {
  return pointer.split('/').map(encodeURIComponent).join('/');
}

/**
 * Finds the object or array at a JSON pointer of a document. Follows each reference on the way and at the end.
 *
 * @returns The value, and the pointer to it after all references were followed.
 * @throws Error if the document has no object or array there.
 */
export function find(document: object, pointer: string): Place {
  const root: Place = { pointer: '', value: document };
  return pointer
    .split('/')
    .slice(1)
    .reduce((place, token) => enter(document, place, token), root);
}

function enter(document: object, { pointer, value }: Place, token: string): Place {
  const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
  const found = (value as Record<string, unknown>)[key];
  const place = `${pointer}/${token}`;
  if (typeof found !== 'object' || found === null) throw new Error(`the contract has nothing at ${place}`);
  return isReference(found) ? find(document, target(found)) : { pointer: place, value: found };
}

/** Keywords whose content is a plain value: in it, `$ref` is an ordinary name. */
const holdsValues = new Set(['const', 'default', 'enum', 'example', 'examples']);

/** Keywords whose content is schemas by name: such a name may equal that of a keyword. */
const holdsSchemas = new Set(['$defs', 'dependentSchemas', 'patternProperties', 'properties']);

/**
 * Creates a function that copies the schema at a JSON pointer, and replaces each reference in it by the schema that it
 * refers to. Each schema is copied only once, so that copying ends even if a schema contains itself.
 */
export function createResolver(document: object): (pointer: string) => object {
  const copies = new Map<string, object>();

  function resolveAt(at: string): object {
    const { pointer, value } = find(document, at);
    const known = copies.get(pointer);
    if (known) return known;
    const copy = {};
    copies.set(pointer, copy);
    return Object.assign(copy, resolveKeywords(value));
  }

  function resolve(node: unknown): unknown {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.map(resolve);
    return isReference(node) ? resolveAt(target(node)) : resolveKeywords(node);
  }

  function resolveKeywords(schema: object): object {
    return mapValues(schema, (value, keyword) => {
      if (holdsValues.has(keyword) || keyword.startsWith('x-')) return value;
      return holdsSchemas.has(keyword) ? mapValues(value as object, resolve) : resolve(value);
    });
  }

  return resolveAt;
}

function mapValues(object: object, map: (value: unknown, name: string) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]));
}

interface Reference {
  $ref: string;
}

function isReference(node: object): node is Reference {
  return '$ref' in node && typeof node.$ref === 'string';
}

function target({ $ref }: Reference): string {
  if (!$ref.startsWith('#')) throw new Error(`the contract is not bundled: it refers to ${$ref}`);
  return decodeURIComponent($ref.slice(1));
}
