import { _, Ajv2020, type KeywordCxt } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isJson } from './is-json.ts';

/** An Ajv for JSON Schema 2020-12. */
export type Ajv = Ajv2020;

/** The key of the contract in {@link createContractAjv}'s Ajv: `ajv.getSchema('contract#/components/schemas/…')`. */
export const contractKey = 'contract';

/**
 * Creates an Ajv for the contract. It reads JSON Schema 2020-12 (OpenAPI 3.1, section 4.8.24) in strict mode, reports
 * every violation, and checks formats. It also enforces `contentMediaType: application/json`, which JSON Schema leaves
 * to the application (JSON Schema Validation 2020-12, section 8).
 *
 * @param contract The bundled contract, `@koodrive-backup/spec/openapi.json`, or another OpenAPI 3.1 document.
 * @param source Whether the Ajv keeps the code of what it compiles, for `ajv/dist/standalone`. Default `false`.
 * @returns An Ajv that has the contract under {@link contractKey}. It compiles a schema when that is first requested.
 */
export function createContractAjv(contract: object, source = false): Ajv {
  const ajv = new Ajv2020({ strict: true, allErrors: true, code: { source, esm: source } });
  // ajv-formats is CommonJS: for TypeScript, its function is the `default` of the default export; at run time, it is
  // the default export itself.
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  // Ajv compiles a whole document before it finds a schema in it, so the document's own keys have to be known keywords.
  ajv.addVocabulary(['example', ...Object.keys(contract), ...extensionNames(contract)]);
  ajv.removeKeyword('contentMediaType');
  ajv.addKeyword({
    keyword: 'contentMediaType',
    type: 'string',
    schemaType: 'string',
    code(context: KeywordCxt) {
      if (context.schema !== 'application/json') return;
      const code = _`require("@koodrive-backup/spec/is-json").isJson`;
      context.fail(_`!${context.gen.scopeValue('func', { ref: isJson, code })}(${context.data})`);
    },
    error: { message: 'must be a JSON document' },
  });
  // Skip the validation of the contract as a schema: it would first compile the meta-schema of JSON Schema, which takes
  // longer than everything else here.
  ajv.addSchema(contract, contractKey, false, false);
  return ajv;
}

/**
 * The names of all extensions (`x-…`) in the contract. They have to be declared, because strict Ajv refuses unknown
 * keywords.
 */
function extensionNames(node: unknown, names: Set<string> = new Set()): Set<string> {
  if (typeof node !== 'object' || node === null) return names;
  for (const [key, value] of Object.entries(node)) {
    if (key.startsWith('x-')) names.add(key);
    extensionNames(value, names);
  }
  return names;
}
