import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMask } from './secrets.ts';

it('removes a secret in every form in which an answer may write it', () => {
  const secrets = fc.string({ minLength: 6 }).filter((text) => !text.includes('*'));
  fc.assert(
    fc.property(secrets, (secret) => {
      const { text, bytes } = createMask([secret]);
      for (const form of [secret, JSON.stringify(secret), encodeURIComponent(secret)]) {
        expect(text(`<${form}>`)).toMatch(/^<"?\*\*\*"?>$/);
      }
      for (const encoding of ['utf8', 'utf16le'] as const) {
        expect(bytes(Buffer.from(secret, encoding)).toString('latin1')).toBe('***');
      }
    }),
  );
});

it('removes a whole secret that contains another, and nothing if there is no secret', () => {
  const { text } = createMask(['AT token', 'token', undefined, '']);
  expect(text('AT token, token, AT')).toBe('***, ***, AT');
});
