/** The part of a contract that lists the codes of refusals. */
interface Document {
  components: {
    schemas: { ErrorResponse: { properties: { code: { 'x-error-codes': { code: number; name: string }[] } } } };
  };
}

/**
 * Returns a code of refusals that the vendor publishes.
 *
 * @param contract The bundled contract.
 * @param name The name of the code in the contract's `x-error-codes`.
 * @throws Error if the contract has no code with that name.
 */
export function errorCode(contract: Document, name: string): number {
  const codes = contract.components.schemas.ErrorResponse.properties.code['x-error-codes'];
  const found = codes.find((code) => code.name === name);
  if (!found) throw new Error(`the contract has no error code named ${name}`);
  return found.code;
}
