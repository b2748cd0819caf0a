import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ['is not YAML', 'openapi: 3.1.0\n bad: [\n', /openapi\.yaml" \(2:5\)$/],
  [
    'refers to a file that does not exist',
    'openapi: 3.1.0\npaths:\n  /x:\n    $ref: none.yaml\n',
    /openapi\.yaml:4:5 at /,
  ],
])('reports the place at which a contract %s, and exits with 1', (_, contract, place) => {
  writeFileSync(join(folder, 'openapi.yaml'), contract);
  const bundler = join(import.meta.dirname, 'bundle.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundler], { cwd: folder, encoding: 'utf8' });
  expect(stderr.trim()).toMatch(place);
  expect(stdout + stderr).not.toContain('node:internal');
  expect(status).toBe(1);
});
