import { gzipSync } from 'node:zlib';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { beforeAll, describe, expect, it } from 'vitest';
import { consoleScript } from './script.ts';

describe('the script of the console', () => {
  let script: string;
  beforeAll(async () => {
    script = await consoleScript(contract);
  });

  it('makes no code at run time, and loads nothing', () => {
    // Ajv keeps the text of such a call in a string.
    expect(script.match(/\b(eval|Function|importScripts|import)\(|(?<!`)\brequire\(/g)).toBeNull();
  });

  it('has at most 60 KB, gzipped', () => {
    expect(gzipSync(script, { level: 9 }).length).toBeLessThan(60 * 1024);
  });

  it('is the same for the same contract', async () => {
    expect((await consoleScript(contract)) === script).toBe(true);
  });
});
