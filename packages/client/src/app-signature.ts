import type { BackupAuth } from './auth.ts';
import { canonicalRequest } from './canonical-request.ts';

/** The credential of an application. */
export interface AppCredential {
  /** The id that KooDrive issued to the application. It travels in the request. */
  appId: string;
  /** The secret that came with the id. It never leaves this process. */
  appSecret: string;
}

const algorithm = 'HMAC-SHA256';

/**
 * Authenticates with an app signature, sent as
 * `Authorization: HMAC-SHA256 AppId=…,SignedHeaders=host;x-date;x-user-id,Signature=…`, made anew for each request.
 *
 * Follows the vendor's app authentication (plain API reference, appendix; the errata give each step). Needs WebCrypto,
 * which browsers offer in secure contexts only.
 *
 * @throws TypeError when the id or the secret is empty, or the id holds a character that its header cannot carry.
 */
export function appSignature({ appId, appSecret }: AppCredential): BackupAuth {
  if (!/^[!-+\--~]+$/.test(appId)) {
    throw new TypeError('appSignature: the app id must be visible ASCII, without spaces and commas.');
  }
  if (appSecret === '') throw new TypeError('appSignature: the app secret is empty.');
  let key: Promise<CryptoKey> | undefined;
  return {
    async authorize(request) {
      const { text, signedHeaders } = canonicalRequest({
        method: request.method,
        url: request.url,
        headers: headersToSign(request),
        payloadHash: hex(await crypto.subtle.digest('SHA-256', await request.clone().arrayBuffer())),
      });
      key ??= importKey(appSecret);
      const signature = await sign(await key, text);
      return `${algorithm} AppId=${appId},SignedHeaders=${signedHeaders},Signature=${signature}`;
    },
  };
}

/** Host, X-Date and X-User-Id, as in the vendor's worked header. `fetch` makes Host from the URL, so this does too. */
function headersToSign(request: Request): Record<string, string> {
  const names = ['x-date', 'x-user-id'];
  const sent = names.map((name) => [name, request.headers.get(name) ?? ''] as const);
  return { host: new URL(request.url).host, ...Object.fromEntries(sent) };
}

async function sign(key: CryptoKey, canonical: string): Promise<string> {
  const canonicalHash = hex(await crypto.subtle.digest('SHA-256', utf8(canonical)));
  return hex(await crypto.subtle.sign('HMAC', key, utf8(`${algorithm}\n${canonicalHash}`)));
}

function importKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
