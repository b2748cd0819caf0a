import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** An Ajv for JSON Schema 2020-12. */
export type Ajv = Ajv2020;

/** The key under which {@link createContractAjv} holds the contract: `ajv.getSchema('contract#/components/schemas/…')`. */
export const contractKey = 'contract';

/**
 * An Ajv for the contract: JSON Schema 2020-12 (OpenAPI 3.1, section 4.8.24), strict, every violation reported,
 * formats checked, and `contentMediaType: application/json` enforced, which JSON Schema leaves to the application
 * (JSON Schema Validation 2020-12, section 8).
 *
 * @param contract The bundled contract, `@koodrive-backup/spec/openapi.json`, or another OpenAPI 3.1 document.
 * @returns An Ajv that knows the contract by {@link contractKey}; it compiles a schema when it is first asked for.
 */
export function createContractAjv(contract: object): Ajv {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  // ajv-formats is CommonJS: its function is the default export's `default` for TypeScript, and itself at run time.
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  // Ajv compiles a document before it finds a schema in it, so it has to know the document's own keys too.
  ajv.addVocabulary(['example', ...Object.keys(contract), ...extensionNames(contract)]);
  ajv.removeKeyword('contentMediaType');
  ajv.addKeyword({
    keyword: 'contentMediaType',
    type: 'string',
    schemaType: 'string',
    compile: (mediaType: string) => (mediaType === 'application/json' ? isJson : () => true),
    error: { message: 'must be a JSON document' },
  });
  // Not validated as a schema: that compiles JSON Schema's own one first, which takes longer than all the rest.
  ajv.addSchema(contract, contractKey, false, false);
  return ajv;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    // Half of a surrogate pair has no form in UTF-8, so it could be neither stored nor sent as it is.
    return text.isWellFormed();
  } catch {
    return false;
  }
}

/** Strict Ajv refuses a keyword that it does not know; an extension (`x-…`) is known by being in the contract. */
function extensionNames(node: unknown, names: Set<string> = new Set()): Set<string> {
  if (typeof node !== 'object' || node === null) return names;
  for (const [key, value] of Object.entries(node)) {
    if (key.startsWith('x-')) names.add(key);
    extensionNames(value, names);
  }
  return names;
}
