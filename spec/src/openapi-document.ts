const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** A place of the document, named by a JSON pointer into it (OpenAPI 3.1, Reference Object). */
export interface Reference {
  $ref: string;
}

/** A place of the document that shows its value: a parameter or a media type. */
export interface Exemplified {
  example?: unknown;
  examples?: Record<string, { value?: unknown } | Reference>;
  schema?: { type?: string; required?: string[]; example?: unknown } | Reference;
}

/** A Parameter Object. `x-set-by-client` marks one that authentication fills in, so that no caller types it. */
export interface Parameter extends Exemplified {
  name: string;
  in: string;
  required?: boolean;
  'x-set-by-client'?: boolean;
}

/** A Request Body Object. */
interface RequestBody {
  required?: boolean;
  content: Record<string, Exemplified>;
}

/** A Response Object. */
interface Response {
  content?: Record<string, Exemplified>;
}

/** Schemes that are asked for together, by name (Security Requirement Object). */
type SecurityRequirement = Record<string, string[]>;

/** A sample that Redoc shows beside an operation, under its label. */
export interface CodeSample {
  lang: string;
  label: string;
  source: string;
}

/** An Operation Object. */
export interface Operation {
  operationId: string;
  description?: string;
  tags?: string[];
  parameters?: (Parameter | Reference)[];
  requestBody?: RequestBody | Reference;
  responses?: Record<string, Response | Reference>;
  security?: SecurityRequirement[];
  'x-codeSamples'?: CodeSample[];
  /** The names that a list's pages are told by. */
  'x-pagination'?: { cursor: string; nextCursor: string; items: string };
}

/** A Security Scheme Object; `in` and `name` belong to type apiKey. */
export interface SecurityScheme {
  type: string;
  in?: string;
  name?: string;
  description?: string;
}

/** A Path Item Object: operations by their method in lower case, and what they share. */
type PathItem = Partial<Record<(typeof methods)[number], Operation>> & {
  parameters?: (Parameter | Reference)[];
};

/** A Tag Object. `x-traitTag` has Redoc show its text alone, without operations, under its `x-displayName`. */
export interface Tag {
  name: string;
  description?: string;
  'x-displayName'?: string;
  'x-traitTag'?: boolean;
}

/** The parts of an OpenAPI 3.1 document that the scripts read. */
export interface OpenapiDocument {
  info: { title: string; description?: string };
  tags?: Tag[];
  security?: SecurityRequirement[];
  paths: Record<string, PathItem>;
  components?: { securitySchemes?: Record<string, SecurityScheme> };
}

/** An operation, and where it stands. */
export interface PlacedOperation {
  path: string;
  /** In capitals. */
  method: string;
  pathItem: PathItem;
  operation: Operation;
}

/** Every operation of a document, in the document's order. */
export function operationsOf(document: OpenapiDocument): PlacedOperation[] {
  return Object.entries(document.paths).flatMap(([path, pathItem]) =>
    Object.entries(pathItem).flatMap(([key, operation]) =>
      isMethod(key) ? [{ path, method: key.toUpperCase(), pathItem, operation: operation as Operation }] : [],
    ),
  );
}

const isMethod = (key: string): boolean => methods.some((method) => method === key);

/** What a reference names, or the node itself where it is none. */
export function resolve<Node extends object>(document: OpenapiDocument, node: Node | Reference): Node {
  if (!('$ref' in node)) return node;
  const names = node.$ref.replace(/^#\//, '').split('/');
  let found: unknown = document;
  for (const name of names) {
    const key = decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~');
    found = (found as Record<string, unknown> | undefined)?.[key];
  }
  if (found === undefined) throw new Error(`${node.$ref} names nothing in the contract`);
  return resolve(document, found as Node | Reference);
}
