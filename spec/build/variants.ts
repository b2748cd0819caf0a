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
 * The contract in OpenAPI 3.0, for tools that do not read 3.1.
 *
 * @param contract The bundled contract. It is left as it is.
 */
export function toOpenapi30(contract: Document): object {
  const { summary: _, ...info } = contract.info;
  return withoutConst(new Converter({ ...contract, info }).convert());
}

/** The converter leaves `const`, which 3.0 does not have: an `enum` of one value says the same. */
function withoutConst(node: unknown): object {
  return JSON.parse(JSON.stringify(node), (_key, value) => {
    if (!isNode(value) || !('const' in value) || !isSchema(value)) return value;
    const { const: only, ...schema } = value;
    return { ...schema, enum: [only] };
  });
}

/** An example may have a field `const`; a schema has a type beside it, or stands in `not`. */
const isSchema = (node: Node): boolean => 'type' in node || Object.keys(node).length === 1;

/**
 * The contract without the headers that a client sets by itself, for generators: a caller of what they make need not
 * type them. The ways to authenticate stay.
 *
 * @param contract The bundled contract. It is left as it is.
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

/** What {@link toUnsigned} does, as an OpenAPI Overlay (1.0.0): a tool that reads overlays applies it to the contract. */
export function unsignedOverlay(contract: Document): object {
  const names = setByClient(contract);
  return {
    overlay: '1.0.0',
    info: { title: 'Without the headers that a client sets by itself', version: contract.info.version },
    // The brackets around the condition are optional (RFC 9535), but older readers of JSONPath need them.
    actions: names.flatMap((name) => [
      { target: `$.paths[*][*].parameters[?(@['$ref'] == '#/components/parameters/${name}')]`, remove: true },
      { target: `$.components.parameters.${name}`, remove: true },
    ]),
  };
}

const setByClient = ({ components }: Document): string[] =>
  Object.entries(components.parameters).flatMap(([name, parameter]) => (parameter['x-set-by-client'] ? [name] : []));
