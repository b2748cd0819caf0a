// A shorter token is not a secret, and replacing it could hit a part of any word.
const shortestSecret = 8;

// The escapes that can stand for a character: in JSON and JavaScript, in URLs, in HTML.
const escaped = /(?:\\u|&#x0*)([\da-f]{2,4});?|(?:\\x|%)([\da-f]{2})|&#0*(\d{2,5});?|\\(\W)|&(amp|lt|gt|quot|apos);/gi;

const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

// An encoded text may be quoted in a text with another encoding, so unescape more than once.
const mostEncodings = 3;

/**
 * Creates a function that removes credentials from a text. A provider may repeat them in the reason of a refusal, and
 * reasons end up in logs. The function also finds credentials that are written with escapes, percent-encoded, or in
 * base64. If it finds one behind escapes, it returns the text without escapes.
 *
 * @param authorizations The values of the header Authorization that were sent.
 */
export function createRedactor(authorizations: readonly string[]): (text: string) => string {
  const secrets = authorizations.flatMap(formsOf);
  const withoutSecrets = (text: string): string => {
    let redacted = text;
    for (const secret of secrets) redacted = redacted.replaceAll(secret, '***');
    return redacted;
  };
  return (text) => {
    let redacted = withoutSecrets(text);
    let plain = redacted;
    for (let encodings = 0; encodings < mostEncodings; encodings++) {
      plain = unescaped(plain);
      const found = withoutSecrets(plain);
      if (found !== plain) redacted = found;
      plain = found;
    }
    return redacted;
  };
}

/** The forms in which a provider may repeat the secret of a credential. */
function formsOf(authorization: string): string[] {
  // The part before the secret is public: an app id, or the scheme of a token.
  const secret = authorization.replace(/^(.*[ ,]Signature=|\w+[ +])/, '');
  const base64 = [secret, authorization].map((text) => btoa(text).replace(/=+$/, ''));
  const forms = [secret, ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
  // A part of the secret may look like an escape: unescaping the text then changes the secret in it too.
  for (let form = unescaped(secret); !forms.includes(form); form = unescaped(form)) forms.push(form);
  return forms.filter((form) => form.length >= shortestSecret);
}

const unescaped = (text: string): string =>
  text.replace(escaped, (_, hex, byte, decimal, plain, name) =>
    name
      ? `${characters[name.toLowerCase()]}`
      : (plain ?? String.fromCharCode(decimal ?? Number.parseInt(hex ?? byte, 16))),
  );
