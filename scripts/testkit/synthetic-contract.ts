/** The parts of an OpenAPI document that tests change. */
interface Document {
  info: object;
  paths: Record<string, Record<string, object>>;
}

const schema = {};
const responses = { 200: { description: 'Done.', content: { 'application/json': { schema } } } };

/** A contract with parts that the real one does not have yet, and with values that a shell or a URL must escape. */
export const syntheticContract: Document = {
  openapi: '3.1.0',
  info: { title: 'Synthetic', version: '0.1.0', description: 'See [the errata](errata.md).' },
  tags: [{ name: 'Thing', description: 'Things.' }],
  security: [{ accessToken: [] }, { appSignature: [] }],
  paths: {
    '/v1/things/{thing-id}/parts': {
      parameters: [{ $ref: '#/components/parameters/ThingId' }, { $ref: '#/components/parameters/UserId' }],
      get: {
        operationId: 'listParts',
        description: 'Lists.',
        tags: ['Thing'],
        parameters: [
          { name: 'zeta', in: 'query', required: true, schema: { example: '1' } },
          { name: 'name', in: 'query', required: true, schema, example: "it's $HOME & `more`" },
          { name: 'limit', in: 'query', required: true, schema, example: 20 },
          { name: 'cursor', in: 'query', schema, example: 'optional, so not in the sample' },
        ],
        responses,
      },
      patch: {
        operationId: 'renamePart',
        parameters: [
          { name: 'thing-id', in: 'path', required: true, schema, example: 'own' },
          {
            name: 'If-Match',
            in: 'header',
            required: true,
            schema,
            examples: { first: { $ref: '#/components/examples/Tag' } },
          },
          { name: 'X-Date', in: 'header', required: true, schema, 'x-set-by-client': true },
        ],
        requestBody: {
          content: { 'application/json': { schema, examples: { first: { $ref: '#/components/examples/Rename' } } } },
        },
        responses,
      },
      delete: { operationId: 'removeParts', security: [{ appSignature: [] }], responses },
    },
  },
  components: {
    securitySchemes: {
      accessToken: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'A token.\nOn two lines.' },
      appSignature: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'A signature.' },
    },
    parameters: {
      ThingId: { name: 'thing-id', in: 'path', required: true, schema, example: 'a/b (ü)!' },
      UserId: { name: 'X-User-Id', in: 'header', required: true, schema, 'x-set-by-client': true },
    },
    examples: {
      Tag: { value: `"it's"` },
      Rename: {
        value: {
          name: 'O\'Brien\'s\n"größte" \\ 漢字 $HOME `id`',
          'a-b': [1, true, null, {}, []],
          nested: { ok: false },
        },
      },
    },
    schemas: {
      Refusal: {
        properties: {
          code: {
            type: 'integer',
            description: 'Why.',
            'x-error-codes': [{ code: 13000102, name: 'parameterCheckFailed', description: 'A check fails.' }],
          },
        },
      },
    },
  },
} as Document;
