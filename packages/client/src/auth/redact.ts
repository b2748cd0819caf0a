// So short a token is no secret, and could be a part of any word.
const shortestSecret = 8;

// What a text can put in the place of a character: in JSON and JavaScript, in URLs, in HTML.
const escaped = /(?:\\u|&#x0*)([\da-f]{2,4});?|(?:\\x|%)([\da-f]{2})|&#0*(\d{2,5});?|\\(\W)|&(amp|lt|gt|quot|apos);/gi;

const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

// A text in an encoding may be quoted in another.
const mostEncodings = 3;

/**
 * Creates a function that takes credentials out of a text: a provider may repeat them in its reason, and reasons end
 * up in logs. It finds them also if they are written with escapes, percent-encoded, or in base64; then it returns the
 * text without escapes.
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

/** The forms in which the secret of a credential may be repeated. */
function formsOf(authorization: string): string[] {
  // What comes before it is no secret: an app id, or the scheme of a token.
  const secret = authorization.replace(/^(.*[ ,]Signature=|\w+[ +])/, '');
  const base64 = [secret, authorization].map((text) => btoa(text).replace(/=+$/, ''));
  const forms = [secret, ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
  // A part of the secret may look like an escape, and is unescaped with the text then.
  for (let form = unescaped(secret); !forms.includes(form); form = unescaped(form)) forms.push(form);
  return forms.filter((form) => form.length >= shortestSecret);
}

const unescaped = (text: string): string =>
  text.replace(escaped, (_, hex, byte, decimal, plain, name) =>
    name
      ? `${characters[name.toLowerCase()]}`
      : (plain ?? String.fromCharCode(decimal ?? Number.parseInt(hex ?? byte, 16))),
  );
