import { registerSchema, unregisterSchema, validate } from '@hyperjump/json-schema/openapi-3-1';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

const contractUri = 'https://koodrive-backup.invalid/contract';
// Files that share a worker share the registry.
unregisterSchema(contractUri);
registerSchema(contract as never, contractUri, 'https://spec.openapis.org/oas/3.1/dialect/base');

/**
 * Compiles a schema of the contract with a validator that shares no code with Ajv. The validator ignores
 * `contentMediaType`.
 *
 * @param pointer A JSON pointer to the schema.
 */
export async function secondValidator(pointer: string): Promise<(value: unknown) => boolean> {
  const fragment = pointer.split('/').map(encodeURIComponent).join('/');
  const isValid = await validate(`${contractUri}#${fragment}`);
  return (value) => isValid(value as never).valid;
}
