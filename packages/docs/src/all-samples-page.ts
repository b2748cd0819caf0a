import { type Operation, readContract } from '@koodrive-backup/spec/contract';
import { operationsByTag } from './operations.ts';
import { codeSamples } from './samples.ts';

/**
 * Returns the page of all samples, in Markdown. Redoc shows one sample and one example of an operation at a time. This
 * page shows them all, so that a search in the page finds each, and a print has each.
 *
 * @param contract The bundled contract.
 */
export function allSamplesPage(contract: object): string {
  const operations = new Map(readContract(contract).operations.map((operation) => [operation.id, operation]));
  const sections = operationsByTag(contract).flatMap((tag) =>
    tag.operations.flatMap(({ id, summary, fragment }) => {
      const operation = operations.get(id);
      return operation ? [`## ${summary}`, `Operation [${id}](index.html${fragment}).`, ...blocksOf(operation)] : [];
    }),
  );
  return [
    '# Samples',
    'Every operation in every language, with every example of its body and its answers.',
    ...sections,
  ].join('\n\n');
}

function blocksOf(operation: Operation): string[] {
  const { id, body, responses } = operation;
  return [
    ...codeSamples(operation).map(({ lang, label, source }) =>
      block(`${id}: ${label}`, lang.toLowerCase(), source.trim()),
    ),
    ...exampleBlocks(`${id}: body`, body?.examples ?? {}),
    ...Object.entries(responses).flatMap(([status, { examples }]) =>
      exampleBlocks(`${id}: answer ${status}`, examples),
    ),
  ];
}

const exampleBlocks = (title: string, examples: Record<string, unknown>): string[] =>
  Object.entries(examples).map(([name, example]) =>
    block(`${title}, ${name}`, 'json', JSON.stringify(example, null, 2)),
  );

const block = (title: string, language: string, code: string): string =>
  `### ${title}\n\n\`\`\`${language}\n${code}\n\`\`\``;
