/** The part of a contract that says how X-User-Id must look. */
interface Document {
  components: { parameters: { UserId: { schema: { pattern: string } } } };
}

/**
 * Whether an id can be a user's: it has to stand in X-User-Id. Asked of programs without types, too.
 *
 * @param contract The bundled contract.
 */
export function isUserId(contract: Document, userId: unknown): userId is string {
  return (
    typeof userId === 'string' && new RegExp(contract.components.parameters.UserId.schema.pattern, 'u').test(userId)
  );
}
