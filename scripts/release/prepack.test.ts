import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

// The soak form of the test of the guide packs a fresh clone; here another program stands in for Turbo.
it.skipIf(process.platform === 'win32')('empties dist, and then has the package built, whatever a cache holds', () => {
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
