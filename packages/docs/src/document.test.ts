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
