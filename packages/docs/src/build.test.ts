import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { buildDocs } from './build.ts';
import { withoutRemoteLogo } from './redoc/render.ts';

const dist = join(import.meta.dirname, '..', 'dist');

describe('buildDocs', () => {
  it('returns the files that were built before, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'build-docs-test-'));
    for (const name of ['TMPDIR', 'TEMP']) vi.stubEnv(name, folder);
    const files = await buildDocs();
    vi.unstubAllEnvs();
    const left = readdirSync(folder);
    rmSync(folder, { recursive: true });
    const others = [...files].filter(([path, content]) => readFileSync(join(dist, path), 'utf8') !== content);
    expect(
      others.map(([path]) => path),
      'packages/docs/dist was built from other sources: run the script build of packages/docs',
    ).toEqual([]);
    expect(left).toEqual([]);
  });

  it('says what to run when the contract is not bundled', async () => {
    await expect(buildDocs('/nowhere/openapi.json')).rejects.toThrow(
      '/nowhere/openapi.json is missing. Run: npx -y pnpm@12 --filter @koodrive-backup/spec run build',
    );
  });

  it('fails when Redoc loads its logo from somewhere else', () => {
    expect(withoutRemoteLogo('"https://cdn.redoc.ly/redoc/logo-mini-full.svg"')).toMatch(/^"data:image\/svg\+xml,/);
    expect(() => withoutRemoteLogo('"https://elsewhere.example/logo.svg"')).toThrow('no longer loads its logo');
  });
});
