import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as bareFetch from './bare-fetch.ts';
import * as heyApi from './hey-api.ts';
import * as openapiFetch from './openapi-fetch.ts';
import * as redocly from './redocly.ts';
import * as thisClient from './this-client.ts';
import type { Tool } from './tool.ts';

/** A tool in the comparison. */
export interface Compared {
  /** As the table names it. */
  label: string;
  /** The module in this folder in which an application uses it. */
  module: string;
  tool: Tool;
}

const compared = <Result>(label: string, module: string, tool: Tool<Result>): Compared => ({
  label,
  module: `${module}.ts`,
  tool: tool as Tool,
});

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'node_modules', name, 'package.json'), 'utf8')).version;

/** What is compared, in the order of the table's columns. */
export const tools: Compared[] = [
  compared('bare fetch', 'bare-fetch', bareFetch),
  compared(`openapi-fetch ${versionOf('openapi-fetch')}`, 'openapi-fetch', openapiFetch),
  compared(`@hey-api/openapi-ts ${versionOf('@hey-api/openapi-ts')}`, 'hey-api', heyApi),
  compared(`redocly generate-client ${versionOf('@redocly/cli')}`, 'redocly', redocly),
  compared('this client', 'this-client', thisClient),
];
