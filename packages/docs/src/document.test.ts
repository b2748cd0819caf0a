import { find, readContract } from '@koodrive-backup/spec/contract';
import { syntheticContract } from '@koodrive-backup/testkit/synthetic-contract';
import { describe, expect, it } from 'vitest';
import { type DocsOperation, docsDocument } from './document.ts';

describe('docsDocument', () => {
  const document = docsDocument(syntheticContract);
  const operations = readContract(syntheticContract).operations.map(({ id, pointer }) => ({
    id,
    object: find(document, pointer).value as DocsOperation,
  }));

  it('gives every operation its samples', () => {
    const labels = operations.map(({ id, object }) => [id, object['x-codeSamples']?.length]);
    expect(labels.filter(([, length]) => !length)).toEqual([]);
    expect(labels.length).toBeGreaterThan(2);
  });

  it('leads from every operation to the console, and to the one place that explains authentication', () => {
    const descriptions = Object.fromEntries(operations.map(({ id, object }) => [id, object.description]));
    expect(descriptions).toEqual({
      listParts: '[Try it](#try/listParts)\n\nAuthentication: [accessToken or appSignature](signing.html).\n\nLists.',
      renamePart: '[Try it](#try/renamePart)\n\nAuthentication: [accessToken or appSignature](signing.html).',
      removeParts: '[Try it](#try/removeParts)\n\nAuthentication: [appSignature](signing.html).',
    });
    expect([document, ...operations.map(({ object }) => object)].filter((each) => 'security' in each)).toEqual([]);
  });

  it('leaves the contract as it is', () => {
    const before = structuredClone(syntheticContract);
    docsDocument(syntheticContract);
    expect(syntheticContract).toEqual(before);
  });
});

describe('the source of a statement', () => {
  const paths = {
    '/p': {
      get: {
        operationId: 'getPart',
        description: 'Reads (E1).',
        security: [],
        'x-source': { neighbour: 'getPart', ours: ['E1', 'E2'] },
        parameters: [{ name: 'a', in: 'query', description: 'Own.', schema: {}, 'x-source': { plain: 'a list' } }],
        responses: {
          200: {
            description: 'Done.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Part' } } },
          },
          409: {
            description: 'No.',
            content: { 'application/json': { schema: {}, examples: { busy: { value: { code: 409 } } } } },
          },
        },
      },
    },
  };
  const properties = { id: { description: 'Id.' }, code: { description: 'Code.', 'x-error-codes': [] } };
  const schemas = { Part: { description: 'A part.', 'x-source': { page: 'createPart', ours: 'E3' }, properties } };
  const document = docsDocument({
    openapi: '3.1.0',
    info: { title: 'T', version: '1' },
    paths,
    components: { schemas },
  });
  const textAt = (pointer: string): string => (find(document, pointer).value as { description: string }).description;
  const reference = 'https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier';

  it('is shown as badges, and errata are linked', () => {
    expect(textAt('/paths/~1p/get')).toContain(
      `Reads ([E1](errata.html#e1)). [a neighbour](${reference}/getPart.html "Source: the neighbouring page getPart") ` +
        '[ours, E1](errata.html#e1 "Source: our reading, erratum E1") [E2](errata.html#e2 "Source: our reading, erratum E2")',
    );
    expect(textAt('/paths/~1p/get/parameters/0')).toBe(
      'Own. [plain reference](errata.html#where-the-other-facts-come-from "Source: the vendor\'s plain reference, a list")',
    );
  });

  it('is inherited from a schema, and from an operation without its readings', () => {
    expect(textAt('/components/schemas/Part/properties/id')).toMatch(
      /^Id\. \[the page\]\(.*createPart\.html .*\[ours, E3\]/,
    );
    expect(textAt('/paths/~1p/get/responses/200')).toMatch(/^Done\. \[a neighbour\]\([^[]*$/);
  });

  it('comes after the example of a refusal, and codes lead to their page', () => {
    expect(textAt('/paths/~1p/get/responses/409')).toMatch(/^No\.\n\nFor example `\{"code":409\}`\. \[a neighbour\]/);
    expect(textAt('/components/schemas/Part/properties/code')).toContain('[Every code](errors.html#codes)');
  });
});
