/** The part of a contract that names its codes of refusals. */
interface Document {
  components: {
    schemas: { ErrorResponse: { properties: { code: { 'x-error-codes': { code: number; name: string }[] } } } };
  };
}

/**
 * The code of a refusal that the vendor publishes.
 *
 * @param contract The bundled contract.
 * @param name As the contract names it in `x-error-codes`.
 * @throws Error where the contract has none of that name.
 */
export function errorCode(contract: Document, name: string): number {
  const codes = contract.components.schemas.ErrorResponse.properties.code['x-error-codes'];
  const found = codes.find((code) => code.name === name);
  if (!found) throw new Error(`the contract has no error code named ${name}`);
  return found.code;
}
