// `node scripts/release/prepack.ts TASK…` in a package: builds its `dist` again from nothing, so that the tarball
// lacks no file, and has none whose source was removed.
import { rmSync } from 'node:fs';
import { turbo } from '@koodrive-backup/lib/turbo';

const { npm_package_name: name } = process.env;
rmSync('dist', { recursive: true, force: true });
process.exitCode = turbo(['run', ...process.argv.slice(2), `--filter=${name}`, '--force', '--output-logs=errors-only']);
