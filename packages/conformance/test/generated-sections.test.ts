import { expect, it } from 'vitest';
import { generatedFiles } from './generated-sections.ts';

it.each([...generatedFiles()])('keeps the generated sections of %s up to date', (_, { current, expected }) => {
  expect(
    current === expected,
    'update it with: npx -y pnpm@12 --filter @koodrive-backup/conformance exec node test/generated-sections.ts',
  ).toBe(true);
});
