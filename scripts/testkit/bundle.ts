import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

/**
 * Bundles a program and everything that it imports into one file.
 *
 * @param folder The folder from which the program's imports are resolved.
 * @param program An ECMAScript module without types.
 * @param minify Whether the bundle is minified. Default: no.
 * @returns The text of the bundle.
 */
export async function bundle(folder: string, program: string, minify = false): Promise<string> {
  const input = join(folder, 'bundled.mjs');
  writeFileSync(input, program);
  // No warning about directives such as 'use client': they are for a framework's server, and this bundle has none.
  const build = await rolldown({ input, platform: 'browser', checks: { moduleLevelDirective: false } });
  const { output } = await build.generate({ format: 'esm', minify });
  return output[0].code;
}

/**
 * Returns the size in bytes of a program and everything that it imports, minified, and gzipped at the highest level.
 */
export const bytesOf = async (folder: string, program: string): Promise<number> =>
  gzipSync(await bundle(folder, program, true), { level: 9 }).length;
