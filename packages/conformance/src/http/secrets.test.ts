import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMask } from './secrets.ts';

it('takes a secret out however an answer writes it', () => {
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

it('takes out the whole of a secret that has another in it, and nothing where there is none', () => {
  const { text } = createMask(['AT token', 'token', undefined, '']);
  expect(text('AT token, token, AT')).toBe('***, ***, AT');
});
