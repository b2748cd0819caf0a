import { check, headerValue } from '../errors/check.ts';
import type { BackupAuth } from './auth.ts';
import { canonicalRequest } from './canonical-request.ts';

/** The credential of an application. */
export interface AppCredential {
  /** The id that KooDrive issued to the application. Requests contain it. */
  appId: string;
  /** The secret that came with the id. It never leaves this process. */
  appSecret: string;
}

/**
 * Authenticates with an app signature, sent as
 * `Authorization: HMAC-SHA256 AppId=…,SignedHeaders=host;x-date;x-user-id,Signature=…`, with a new signature for each
 * attempt.
 *
 * Follows the vendor's app authentication (plain API reference, appendix; the errata list each step). Needs WebCrypto,
 * which browsers offer only in secure contexts.
 *
 * @throws TypeError if the id or the secret is empty, if the id contains a comma, a space or a character that is not
 *   ASCII, or if `crypto.subtle` is missing.
 */
export function appSignature({ appId, appSecret }: AppCredential): BackupAuth {
  check(!headerValue('appId', appId).includes(','), 'appId must not contain a comma');
  check(typeof appSecret === 'string' && appSecret !== '', 'appSecret must be a non-empty string');
  check(globalThis.crypto?.subtle, 'crypto.subtle is missing: browsers have it only in secure contexts');
  const key = crypto.subtle.importKey('raw', bytes(appSecret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return {
    async authorize({ method, url, headers, body }) {
      const signed = {
        // `fetch` derives the header Host from the URL in the same way.
        host: new URL(url).host,
        'x-date': `${headers.get('x-date')}`,
        'x-user-id': `${headers.get('x-user-id')}`,
      };
      const canonical = canonicalRequest({
        method,
        url,
        headers: signed,
        payloadHash: await sha256(bytes(body)),
      });
      const stringToSign = `${algorithm}\n${await sha256(bytes(canonical))}`;
      const signature = hex(await crypto.subtle.sign('HMAC', await key, bytes(stringToSign)));
      return `${algorithm} AppId=${appId},SignedHeaders=${Object.keys(signed).join(';')},Signature=${signature}`;
    },
  };
}

const algorithm = 'HMAC-SHA256';

const bytes = (text?: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const sha256 = async (data: BufferSource): Promise<string> => hex(await crypto.subtle.digest('SHA-256', data));

const hex = (buffer: ArrayBuffer): string =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
