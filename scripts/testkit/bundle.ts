import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

/**
 * Puts a program and all that it imports into one file, as a bundler makes it for those who have no modules.
 *
 * @param folder Where the program's imports are looked for.
 * @param program ECMAScript, without the names of types.
 * @returns The text of the one file.
 */
export async function bundle(folder: string, program: string, minify = false): Promise<string> {
  const input = join(folder, 'bundled.mjs');
  writeFileSync(input, program);
  // A directive such as 'use client' is for a server that is not here.
  const build = await rolldown({ input, platform: 'browser', checks: { moduleLevelDirective: false } });
  const { output } = await build.generate({ format: 'esm', minify });
  return output[0].code;
}

/** The bytes of a program and all that it imports, minified and gzipped as well as gzip can. */
export const bytesOf = async (folder: string, program: string): Promise<number> =>
  gzipSync(await bundle(folder, program, true), { level: 9 }).length;
