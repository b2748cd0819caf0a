import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tool } from './tool.ts';

/** A tool in the comparison. */
export interface Compared {
  /** Its name in the table. */
  label: string;
  /** The module in this folder that uses it as an application would: a {@link Tool}. */
  module: string;
  /** Whether the task generate:clients has to generate its code first. */
  isGenerated?: boolean;
}

/** Imports the module of a tool. */
export const load = ({ module }: Compared): Promise<Tool> => import(`./${module}.ts`);

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'node_modules', name, 'package.json'), 'utf8')).version;

/** The tools, in the order of the table's columns. */
export const tools: Compared[] = [
  { label: 'bare fetch', module: 'bare-fetch' },
  { label: `openapi-fetch ${versionOf('openapi-fetch')}`, module: 'openapi-fetch' },
  { label: `@hey-api/openapi-ts ${versionOf('@hey-api/openapi-ts')}`, module: 'hey-api', isGenerated: true },
  { label: `redocly generate-client ${versionOf('@redocly/cli')}`, module: 'redocly', isGenerated: true },
  { label: 'this client', module: 'this-client' },
];
