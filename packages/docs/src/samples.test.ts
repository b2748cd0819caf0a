import { readContract } from '@koodrive-backup/spec/contract';
import { describe, expect, it } from 'vitest';
import { codeSamples } from './samples.ts';

const json = (media: object) => ({ content: { 'application/json': { schema: {}, ...media } } });
const scheme = { type: 'apiKey', in: 'header', name: 'Authorization' };

const withOperation = () => ({
  info: { title: 'T', version: '1' },
  security: [{ accessToken: [] }] as Record<string, string[]>[],
  paths: {
    '/p': {
      post: {
        operationId: 'makePart',
        parameters: [{ name: 'limit', in: 'query', required: true, schema: {}, example: 1 as unknown }],
        requestBody: json({ example: {} }),
      },
    },
  },
  components: { securitySchemes: { accessToken: scheme, other: scheme } },
});

describe('codeSamples', () => {
  const refused = (change: (document: ReturnType<typeof withOperation>) => void) => {
    const document = withOperation();
    change(document);
    return () => readContract(document).operations.map(codeSamples);
  };

  it.each<[string, Parameters<typeof refused>[0]]>([
    [
      'The contract gives no example of parameter limit of makePart',
      ({ paths }) => delete paths['/p'].post.parameters[0]?.example,
    ],
    [
      'The samples cannot show parameter limit of makePart: its example is not a string, a number or a boolean',
      ({ paths }) => Object.assign(paths['/p'].post.parameters[0] ?? {}, { example: [1] }),
    ],
    [
      'The contract gives no example of the body of makePart',
      ({ paths }) => Object.assign(paths['/p'].post.requestBody, json({})),
    ],
    [
      'No sample shows how makePart authenticates by accessToken and other',
      ({ security }) => Object.assign(security[0] ?? {}, { other: [] }),
    ],
    [
      'No sample shows how X-New is set',
      ({ paths }) =>
        Object.assign(paths['/p'].post.parameters[0] ?? {}, { name: 'X-New', in: 'header', 'x-set-by-client': true }),
    ],
  ])('refuses what it cannot show: %s', (message, change) => {
    expect(refused(change)).toThrow(message);
  });
});
