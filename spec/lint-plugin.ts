/** The part of a schema object that the rule below looks at. */
interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  example?: unknown;
  properties?: Record<string, Schema>;
}

/** The part of Redocly's rule context that the rule below uses. */
interface RuleContext {
  resolve(node: Schema): { node?: Schema };
  report(problem: { message: string; location: unknown }): void;
  location: { child(path: string[]): unknown };
}

// An object's example is put together from those of its properties.
const isComposite = (schema: Schema): boolean => schema.type === 'object' || schema.type === 'array';

/**
 * Every property carries a description and, unless it is an object or an array, an example: Redoc shows a property's
 * `example`, and a reader judges a field by it.
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

/** The rules that Redocly's own cannot express, under the prefix `house/`. */
export default function lintPlugin(): { id: string; rules: { oas3: Record<string, unknown> } } {
  return { id: 'house', rules: { oas3: { 'documented-properties': documentedProperties } } };
}
