import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, runProgram } from './peers.ts';
import { type Tool, variants } from './tool.ts';

/** A validator. */
interface Validator {
  name: string;
  /** Throws an Error if the document is not valid. */
  judge(file: string, folder: string): Promise<unknown>;
}

const validators: Validator[] = [
  {
    name: '@stoplight/spectral-cli',
    judge(file, folder) {
      writeFileSync(join(folder, 'ruleset.yaml'), 'extends: spectral:oas\n');
      return runCommand('@stoplight/spectral-cli', ['lint', file, '--ruleset', 'ruleset.yaml'], folder);
    },
  },
  byProgram(
    '@apidevtools/swagger-parser',
    `import parser from '@apidevtools/swagger-parser';
    await parser.validate(process.argv[1]);`,
  ),
  byProgram(
    '@seriousme/openapi-schema-validator',
    `import { Validator } from '@seriousme/openapi-schema-validator';
    const { valid, errors } = await new Validator().validate(process.argv[1]);
    if (!valid) throw new Error(JSON.stringify(errors));`,
  ),
  byProgram(
    '@scalar/openapi-parser',
    `import { readFileSync } from 'node:fs';
    import { validate } from '@scalar/openapi-parser';
    const { valid, errors } = await validate(readFileSync(process.argv[1], 'utf8'));
    if (!valid) throw new Error(JSON.stringify(errors));`,
  ),
];

function byProgram(name: string, program: string): Validator {
  return { name, judge: (file, folder) => runProgram(program, [file], folder) };
}

export const validatorTools: Tool[] = validators.map(({ name, judge }) => ({
  name,
  tried: 'found the file valid, and a copy without a title invalid',
  files: [variants.contract, variants.openapi30, variants.unsigned],
  async run({ file, folder }) {
    await judge(file, folder);
    const { info, ...others } = JSON.parse(readFileSync(file, 'utf8'));
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, JSON.stringify({ ...others, info: { ...info, title: undefined } }));
    const isRefused = await judge(wrong, folder).then(
      () => false,
      () => true,
    );
    if (!isRefused) throw new Error('it did not report that a file has no title');
  },
}));
