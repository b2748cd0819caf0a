import { operationsOf } from '@koodrive-backup/spec/openapi-document';
import { describe, expect, it } from 'vitest';
import { codeSamples } from './samples.ts';

describe('codeSamples', () => {
  const refused = (change: (document: ReturnType<typeof withOperation>) => void) => {
    const document = withOperation();
    change(document);
    return () => operationsOf(document).map((placed) => codeSamples(document, placed));
  };
  const withOperation = () => ({
    info: { title: 'T' },
    security: [{ accessToken: [] }] as Record<string, string[]>[],
    paths: {
      '/p': {
        post: {
          operationId: 'makePart',
          parameters: [{ name: 'limit', in: 'query', required: true, example: 1 as unknown }],
          requestBody: { content: { 'application/json': { example: {} as unknown } } as Record<string, object> },
        },
      },
    },
  });

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
      'The samples cannot show parameter limit of makePart, which travels in cookie',
      ({ paths }) => Object.assign(paths['/p'].post.parameters[0] ?? {}, { in: 'cookie' }),
    ],
    [
      'The contract gives no example of the body of makePart',
      ({ paths }) => Object.assign(paths['/p'].post.requestBody, { content: { 'application/json': {} } }),
    ],
    [
      'The samples cannot show the body of makePart, which is not JSON',
      ({ paths }) => Object.assign(paths['/p'].post.requestBody, { content: { 'text/plain': { example: '' } } }),
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
    [
      '#/components/parameters/Gone names nothing in the contract',
      ({ paths }) => paths['/p'].post.parameters.splice(0, 1, { $ref: '#/components/parameters/Gone' } as never),
    ],
  ])('refuses what it cannot show: %s', (message, change) => {
    expect(refused(change)).toThrow(message);
  });
});
