import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

// A shell script stands in for Turbo. In soak, contract-tests-in-ten-minutes.test.ts packs a fresh clone with the real
// one.
it.skipIf(process.platform === 'win32')('empties dist, then builds the package without the cache', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prepack-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const path of ['bin', 'package/dist']) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'package', 'dist', 'gone.js'), '');
  const turbo = join(folder, 'bin', 'turbo');
  writeFileSync(turbo, `#!/bin/sh\nmkdir "$DIST" && echo "$*" > "$DIST/arguments"\n`);
  chmodSync(turbo, 0o755);

  const cwd = join(folder, 'package');
  execFileSync(process.execPath, [join(import.meta.dirname, 'prepack.ts'), 'build'], {
    cwd,
    env: {
      PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
      DIST: join(cwd, 'dist'),
      npm_package_name: '@koodrive-backup/some',
    },
  });
  expect(readdirSync(join(cwd, 'dist'))).toEqual(['arguments']);
  expect(readFileSync(join(cwd, 'dist', 'arguments'), 'utf8')).toMatch(
    /\brun build --filter=@koodrive-backup\/some --force\b/,
  );
});
