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
  /** A TypeScript type: that of the body of createBackupRecord in the generated code. */
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
    // Otherwise it generates enums, to which a string from an answer cannot be assigned.
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
  // Unsigned first: with it, a caller of the generated code passes no header that a client sets itself.
  files: [variants.unsigned, variants.contract, variants.openapi30],
  async run({ file, folder }) {
    mkdirSync(join(folder, 'out'));
    await runCommand(name, args(file), folder);
    await compile(folder, body);
  },
}));

/** Compiles an application that uses the generated code, and checks that a wrong body does not compile. */
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
