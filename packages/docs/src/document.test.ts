import { find, readContract } from '@koodrive-backup/spec/contract';
import { syntheticContract } from '@koodrive-backup/testkit/synthetic-contract';
import { describe, expect, it } from 'vitest';
import { type DocsOperation, docsDocument } from './document.ts';

const errata = '# Errata\n\nIntroduction.\n\n## Part\n\n### E1. First\n\nText.\n\n## More\n\nAs above (E1).\n';
const guide = '# Guide\n\n```sh\n# no heading\n```\n';

describe('docsDocument', () => {
  const document = docsDocument(syntheticContract, [guide, errata]);
  const operations = readContract(syntheticContract).operations.map(({ id, pointer }) => ({
    id,
    object: find(document, pointer).value as DocsOperation,
  }));
  const objectOf = (wanted: string) => operations.find(({ id }) => id === wanted)?.object;

  it('gives every operation its samples', () => {
    const labels = operations.map(({ id, object }) => [id, object['x-codeSamples']?.map(({ label }) => label)]);
    const both = ['curl, access token', 'TypeScript, access token', 'TypeScript, app signature'];
    expect(Object.fromEntries(labels)).toEqual({
      listParts: both,
      renamePart: both,
      removeParts: ['TypeScript, app signature'],
    });
  });

  it('names the ways to authenticate in the text of each operation', () => {
    expect(objectOf('listParts')?.description).toBe(
      'Lists.\n\n**Authentication**, one of:\n\n' +
        '- **accessToken**, in the header `Authorization`: A token. On two lines.\n' +
        '- **appSignature**, in the header `Authorization`: A signature.\n',
    );
    expect(objectOf('removeParts')?.description).toContain(
      '**Authentication**, by:\n\n- **appSignature**, in the header `Authorization`: A signature.',
    );
  });

  it('shows the codes of refusals as a table', () => {
    expect(document).toHaveProperty(
      'components.schemas.Refusal.properties.code.description',
      'Why.\n\n| Code | Meaning |\n|---|---|\n| `13000102` | parameterCheckFailed: A check fails. |\n',
    );
  });

  it('puts the texts after the operations, one entry for each heading, and links to them in the page', () => {
    expect(document.tags).toEqual([
      { name: '' },
      { name: 'Guide', 'x-displayName': 'Guide', description: '\n```sh\n# no heading\n```\n', 'x-traitTag': true },
      { name: 'Errata', 'x-displayName': 'Errata', description: '\nIntroduction.\n', 'x-traitTag': true },
      { name: 'Part', 'x-displayName': 'Part', description: '', 'x-traitTag': true },
      { name: 'E1', 'x-displayName': 'E1. First', description: '\nText.\n', 'x-traitTag': true },
      { name: 'More', 'x-displayName': 'More', description: '\nAs above ([E1](#/e1)).\n', 'x-traitTag': true },
    ]);
    expect(document.info.description).toBe('See [the errata](#/errata).');
    expect(operations.filter(({ object }) => object.tags)).toEqual([]);
  });

  it('leaves the contract as it is', () => {
    const before = structuredClone(syntheticContract);
    docsDocument(syntheticContract, [guide, errata]);
    expect(syntheticContract).toEqual(before);
  });
});
