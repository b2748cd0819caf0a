/**
 * Whether a string holds a JSON document, as `contentMediaType: application/json` requires. This function has a
 * module of its own, because code that Ajv writes for browsers imports it.
 */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    // Half of a surrogate pair has no form in UTF-8, so it could neither be stored nor sent unchanged.
    return text.isWellFormed();
  } catch {
    return false;
  }
}
