/** The part of a schema object that the rules below look at. */
interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  example?: unknown;
  required?: string[];
  properties?: Record<string, Schema>;
}

/** The part of an operation object that the rules below look at. */
interface Operation {
  operationId?: string;
  description?: string;
  parameters?: { $ref?: string; in?: string; name?: string; required?: boolean }[];
  responses?: Record<string, { content?: Record<string, { schema?: Schema }> }>;
  'x-pagination'?: { cursor?: string; nextCursor?: string; items?: string };
}

/** The part of Redocly's rule context that the rules below use. */
interface RuleContext {
  /** Returns the node that a reference refers to, and the file of that node. `from` is the file with the reference. */
  resolve<Node>(node: Node, from?: string): { node?: Node; location?: { source: { absoluteRef: string } } };
  report(problem: { message: string; location: unknown }): void;
  location: { child(path: string[]): unknown };
}

// Objects and arrays need no example of their own, because Redoc builds it from those of their properties.
const isComposite = (schema: Schema): boolean => schema.type === 'object' || schema.type === 'array';

/**
 * Every property has a description and, unless it is an object or an array, an example. Redoc shows the example, which
 * helps a reader to understand the field.
 */
function documentedProperties(): { Schema(schema: Schema, context: RuleContext): void } {
  return {
    Schema(schema, { resolve, report, location }) {
      for (const [name, property] of Object.entries(schema.properties ?? {})) {
        const target = property.$ref === undefined ? property : (resolve(property).node ?? property);
        const at = location.child(['properties', name]);
        if (!(property.description ?? target.description)) {
          report({ message: `Property ${name} has no description.`, location: at });
        }
        if (!isComposite(target) && (property.example ?? target.example) === undefined) {
          report({ message: `Property ${name} has no example.`, location: at });
        }
      }
    },
  };
}

const referenceOfVendor = 'https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier';

/**
 * The description of every operation names the vendor's page that the operation is from, with the date of the page or
 * the words "no date". One page is the authority, and its neighbouring pages were seen only in part, so a reader needs
 * to know which page an operation is from.
 */
function namedPage(): { Operation(operation: Operation, context: RuleContext): void } {
  return {
    Operation({ operationId = '', description = '' }, { report, location }) {
      const kind = operationId === 'createBackupRecord' ? 'page' : 'neighbouring page';
      const source = `Source: the ${kind} [${operationId}](${referenceOfVendor}/${operationId}.html), `;
      const [, dated = ''] = description.replaceAll('\n', ' ').split(source);
      if (/\b\d{4}-\d\d-\d\d\b|\bno date\b/.test(dated)) return;
      const message = `The description has no line "${source}of <the date of the page>".`;
      report({ message, location: location.child(['description']) });
    },
  };
}

/**
 * `x-pagination` names the parts that clients need for paging: an optional query parameter, an optional field of the
 * answer with the cursor of the next page, and the field with the items.
 */
function paginationNames(): { Operation(operation: Operation, context: RuleContext): void } {
  return {
    Operation({ parameters = [], responses, 'x-pagination': pagination }, { resolve, report, location }) {
      if (pagination === undefined) return;
      const { cursor = '', nextCursor = '', items = '' } = pagination;
      const named = parameters
        .map((parameter) => resolve(parameter).node)
        .find((parameter) => parameter?.in === 'query' && parameter.name === cursor);
      const answer = resolve(responses?.['200']?.content?.['application/json']?.schema);
      const { required = [], properties = {} } = answer.node ?? {};
      const fieldOf = (name: string): Schema | undefined =>
        resolve(properties[name], answer.location?.source.absoluteRef).node;
      const wrong = {
        cursor: named === undefined || named.required === true,
        nextCursor: fieldOf(nextCursor)?.type !== 'string' || required.includes(nextCursor),
        items: fieldOf(items)?.type !== 'array' || !required.includes(items),
      };
      for (const [key, isWrong] of Object.entries(wrong)) {
        if (!isWrong) continue;
        const message = `x-pagination.${key} must name ${meaningOfPagination[key as keyof typeof wrong]}.`;
        report({ message, location: location.child(['x-pagination', key]) });
      }
    },
  };
}

/**
 * A success has no other fields than `code`, `msg`, `data` and the cursor of a list, because clients and the
 * conformance suite read no others: their content would be lost.
 */
function successData(): { Operation(operation: Operation, context: RuleContext): void } {
  return {
    Operation({ responses, 'x-pagination': pagination }, { resolve, report, location }) {
      const answer = resolve(responses?.['200']?.content?.['application/json']?.schema).node;
      const known = ['code', 'msg', 'data', pagination?.nextCursor];
      for (const name of Object.keys(answer?.properties ?? {})) {
        if (known.includes(name)) continue;
        const message = `The success has a field ${name}: clients read only data, and the cursor of a list.`;
        report({ message, location: location.child(['responses', '200']) });
      }
    },
  };
}

const meaningOfPagination = {
  cursor: 'an optional query parameter of the operation',
  nextCursor: 'an optional string in the answer with status 200',
  items: 'a required array in the answer with status 200',
};

/** The kinds of sources: pages of the vendor, or the errata with our reading. */
const sourceKeys = ['page', 'neighbour', 'plain', 'ours'];

interface Sourced {
  'x-source'?: Record<string, unknown>;
}

/**
 * Each operation and each component has `x-source`, because a reader judges a statement by its source. The parts of an
 * operation or a component inherit its source.
 */
function namedSource(): Record<string, unknown> {
  function check(node: Sourced, { report, location }: RuleContext): void {
    const source = node['x-source'];
    const keys = Object.keys(source ?? {});
    if (keys.length > 0 && keys.every((key) => sourceKeys.includes(key))) return;
    const message = source
      ? `x-source must have one or more of the keys ${sourceKeys.join(', ')}, and no others.`
      : `x-source is missing: its keys are ${sourceKeys.join(', ')}.`;
    report({ message, location: source ? location.child(['x-source']) : location });
  }
  const components = (named: Record<string, Sourced>, context: RuleContext): void => {
    for (const [name, node] of Object.entries(named)) {
      check(node, { ...context, location: childOf(context.location, name) });
    }
  };
  return {
    Operation: check,
    NamedSchemas: components,
    NamedParameters: components,
    NamedResponses: components,
    NamedExamples: components,
    NamedSecuritySchemes: components,
  };
}

const childOf = (location: RuleContext['location'], name: string): RuleContext['location'] =>
  location.child([name]) as RuleContext['location'];

/** Creates the plugin with the rules that Redocly's own cannot express. Their prefix is `house/`. */
export default function lintPlugin(): { id: string; rules: { oas3: Record<string, unknown> } } {
  return {
    id: 'house',
    rules: {
      oas3: {
        'documented-properties': documentedProperties,
        'named-page': namedPage,
        'named-source': namedSource,
        'pagination-names': paginationNames,
        'success-data': successData,
      },
    },
  };
}
