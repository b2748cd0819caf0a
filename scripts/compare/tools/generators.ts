import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleCall } from '../measure.ts';
import { runCommand } from './peers.ts';
import { type Tool, variants } from './tool.ts';

/** A generator of TypeScript. */
interface Generator {
  name: string;
  /** The arguments of its command. It runs in the folder, and may write into `out`. */
  args(file: string): string[];
  /** The TypeScript type of the body of createBackupRecord in what it generates. */
  body: string;
}

const generators: Generator[] = [
  {
    name: 'openapi-typescript',
    args: (file) => [file, '--output', 'out/client.ts'],
    body: "import('./out/client').operations['createBackupRecord']['requestBody']['content']['application/json']",
  },
  {
    name: '@hey-api/openapi-ts',
    args: (file) => ['--input', file, '--output', 'out'],
    body: "Parameters<typeof import('./out').createBackupRecord>[0]['body']",
  },
  {
    name: 'orval',
    args: (file) => ['--input', file, '--output', 'out/client.ts'],
    body: "Parameters<typeof import('./out/client').createBackupRecord>[0]",
  },
  {
    name: 'swagger-typescript-api',
    // Otherwise it makes enums, which no string of an answer fits.
    args: (file) => ['generate', '--generate-union-enums', '--path', file, '--output', 'out', '--name', 'client.ts'],
    body: "Parameters<InstanceType<typeof import('./out/client').Api>['koodrive']['createBackupRecord']>[0]",
  },
  {
    name: 'openapi-zod-client',
    args: (file) => [file, '--output', 'out/client.ts'],
    body: "Parameters<typeof import('./out/client').api.createBackupRecord>[0]",
  },
];

export const generatorTools: Tool[] = generators.map(({ name, args, body }) => ({
  name,
  tried: 'generated code that compiles, and in which `createBackupRecord` refuses a number as an id',
  // Unsigned first: a caller of what is generated then types no header that a client sets by itself.
  files: [variants.unsigned, variants.contract, variants.openapi30],
  async run({ file, folder }) {
    mkdirSync(join(folder, 'out'));
    await runCommand(name, args(file), folder);
    await compile(folder, body);
  },
}));

/** Compiles an application of what was generated. It shows that a wrong body does not compile, too. */
async function compile(folder: string, body: string): Promise<void> {
  const { body: example } = await exampleCall();
  const application = [
    `type Body = ${body};`,
    `export const good: Body = ${example};`,
    '// @ts-expect-error: an id is a string',
    "export const bad: Body['deviceId'] = 42;",
  ];
  writeFileSync(join(folder, 'application.ts'), application.join('\n'));
  const target = ['--target', 'es2023', '--module', 'esnext', '--moduleResolution', 'bundler'];
  await runCommand('typescript', ['application.ts', '--strict', '--noEmit', '--skipLibCheck', ...target], folder);
}
