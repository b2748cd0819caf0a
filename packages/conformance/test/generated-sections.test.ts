import { expect, it } from 'vitest';
import { generatedFiles } from './generated-sections.ts';

it.each([...generatedFiles()])('has in %s what the code knows', (_, { current, expected }) => {
  expect(
    current === expected,
    'mend it with: npx -y pnpm@12 --filter @koodrive-backup/conformance exec node test/generated-sections.ts',
  ).toBe(true);
});
