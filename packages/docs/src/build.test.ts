import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { buildDocs, withoutRemoteLogo } from './build.ts';

describe('buildDocs', () => {
  it('gives the same page each time and leaves nothing behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'build-docs-test-'));
    for (const name of ['TMPDIR', 'TEMP']) vi.stubEnv(name, folder);
    const [first, second] = [buildDocs(), buildDocs()];
    vi.unstubAllEnvs();
    const left = readdirSync(folder);
    rmSync(folder, { recursive: true });
    expect(first === second).toBe(true);
    expect(first).not.toMatch(/<a [^>]*href="\//);
    expect(left).toEqual([]);
  });

  it('says what to run when the contract is not bundled', () => {
    expect(() => buildDocs('/nowhere/openapi.json')).toThrow(
      '/nowhere/openapi.json is missing. Run: npx -y pnpm@12 --filter @koodrive-backup/spec run build',
    );
  });

  it('fails when Redoc loads its logo from somewhere else', () => {
    expect(withoutRemoteLogo('"https://cdn.redoc.ly/redoc/logo-mini-full.svg"')).toMatch(/^"data:image\/svg\+xml,/);
    expect(() => withoutRemoteLogo('"https://elsewhere.example/logo.svg"')).toThrow('no longer loads its logo');
  });
});
