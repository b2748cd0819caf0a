// So short a token is no secret, and could be a part of any word.
const shortestSecret = 8;

/**
 * Takes the credential out of a text: a provider may repeat it in its reason, and reasons end up in logs.
 *
 * @param authorization The value of the header Authorization that was sent.
 */
export function redact(text: string, authorization: string): string {
  // What comes before it is no secret: an app id, or the scheme of a token.
  const secret = authorization.replace(/^(.*Signature=|\w+[ +])/, '');
  return secret.length >= shortestSecret ? text.replaceAll(secret, '***') : text;
}
