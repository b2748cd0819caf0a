import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { specDir } from '@koodrive-backup/lib/workspace';
import { describe, expect, it, vi } from 'vitest';
import { buildDocs, withoutRemoteLogo } from './build.ts';

describe('buildDocs', () => {
  it('gives the page that was built before, and leaves nothing behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'build-docs-test-'));
    for (const name of ['TMPDIR', 'TEMP']) vi.stubEnv(name, folder);
    const page = buildDocs();
    vi.unstubAllEnvs();
    const left = readdirSync(folder);
    rmSync(folder, { recursive: true });
    const before = readFileSync(join(import.meta.dirname, '..', 'dist', 'index.html'), 'utf8');
    expect(page === before, 'packages/docs/dist is of other sources: run its script build').toBe(true);
    expect(left).toEqual([]);
    // The menu of the page before its script has run.
    expect(page).not.toMatch(/<a [^>]*href="\//);
    const errata = [...readFileSync(join(specDir, 'errata.md'), 'utf8').matchAll(/^### E(\d+)\./gm)];
    expect(errata.length).toBeGreaterThan(20);
    for (const [, number] of errata) expect(page).toContain(`href="#/e${number}"`);
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
