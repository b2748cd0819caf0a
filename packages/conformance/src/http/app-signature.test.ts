import vectors from '@koodrive-backup/spec/app-signature-vectors.json' with { type: 'json' };
import { expect, it } from 'vitest';
import { appAuthorization, canonicalRequest } from './app-signature.ts';

it.each(vectors.vectors)(
  'signs as the vector $name',
  ({ method, url, headers, body, canonicalRequest: expected, signature }) => {
    const { pathname: path, searchParams } = new URL(url);
    const names = Object.keys(headers);
    const signed = {
      method,
      path,
      query: [...searchParams],
      headers: Object.entries(headers),
      body: Buffer.from(body),
    };
    expect(canonicalRequest(signed, names)).toBe(expected);
    const app = { appId: 'a', appSecret: vectors.appSecret };
    expect(appAuthorization(app, signed, names)).toBe(
      `HMAC-SHA256 AppId=a,SignedHeaders=${names.join(';')},Signature=${signature}`,
    );
  },
);
