import { Converter } from '@apiture/openapi-down-convert';

/** A node of a document. */
type Node = Record<string, unknown>;

/** The part of an OpenAPI document that the variants change. */
interface Document extends Node {
  info: { version: string; summary?: string };
  paths: Record<string, Record<string, { parameters?: object[] | undefined }>>;
  components: { parameters: Record<string, { name: string; 'x-set-by-client'?: boolean }> };
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/**
 * Converts the contract to OpenAPI 3.0, for tools that do not read 3.1.
 *
 * @param contract The bundled contract. It is not changed.
 */
export function toOpenapi30(contract: Document): object {
  const { summary: _, ...info } = contract.info;
  return withoutConst(new Converter({ ...contract, info }).convert());
}

/** Replaces each `const` by an `enum` of one value, because OpenAPI 3.0 has no `const` and the converter keeps it. */
function withoutConst(node: unknown): object {
  return JSON.parse(JSON.stringify(node), (_key, value) => {
    if (!isNode(value) || !('const' in value) || !isSchema(value)) return value;
    const { const: only, ...schema } = value;
    return { ...schema, enum: [only] };
  });
}

/**
 * Whether a node with `const` is a schema: an example may have a field `const` too. A schema has a type or, in `not`,
 * only `const`.
 */
const isSchema = (node: Node): boolean => 'type' in node || Object.keys(node).length === 1;

/**
 * Removes the headers that a client sets itself from the contract, for generators: the callers of generated code then
 * need not pass these headers. The security schemes stay.
 *
 * @param contract The bundled contract. It is not changed.
 */
export function toUnsigned(contract: Document): object {
  const copy = structuredClone(contract);
  const references = setByClient(contract).map((name) => `#/components/parameters/${name}`);
  for (const name of setByClient(contract)) delete copy.components.parameters[name];
  for (const operation of Object.values(copy.paths).flatMap((item) => Object.values(item))) {
    operation.parameters = operation.parameters?.filter(
      (parameter) => !('$ref' in parameter && references.includes(String(parameter.$ref))),
    );
  }
  return copy;
}

/**
 * Creates an OpenAPI Overlay (1.0.0) that makes the same changes as {@link toUnsigned}. Tools that read overlays can
 * apply it to the contract.
 */
export function unsignedOverlay(contract: Document): object {
  const names = setByClient(contract);
  return {
    overlay: '1.0.0',
    info: { title: 'Without the headers that a client sets by itself', version: contract.info.version },
    // The parentheses around the condition are optional (RFC 9535), but older readers of JSONPath need them.
    actions: names.flatMap((name) => [
      { target: `$.paths[*][*].parameters[?(@['$ref'] == '#/components/parameters/${name}')]`, remove: true },
      { target: `$.components.parameters.${name}`, remove: true },
    ]),
  };
}

const setByClient = ({ components }: Document): string[] =>
  Object.entries(components.parameters).flatMap(([name, parameter]) => (parameter['x-set-by-client'] ? [name] : []));
