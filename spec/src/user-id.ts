/** The part of a contract that defines the form of X-User-Id. */
interface Document {
  components: { parameters: { UserId: { schema: { pattern: string } } } };
}

/**
 * Whether a value can be the id of a user: a string that matches the contract's pattern of X-User-Id.
 *
 * @param contract The bundled contract.
 * @param userId The value; of any type, because a program without types may pass anything.
 */
export function isUserId(contract: Document, userId: unknown): userId is string {
  return (
    typeof userId === 'string' && new RegExp(contract.components.parameters.UserId.schema.pattern, 'u').test(userId)
  );
}
