// `node scripts/release/prepack.ts TASK…` in a package: makes what it publishes anew, so that neither a file that was never
// built nor one whose source is gone is packed.
import { rmSync } from 'node:fs';
import { turbo } from '@koodrive-backup/lib/turbo';

const { npm_package_name: name } = process.env;
rmSync('dist', { recursive: true, force: true });
process.exitCode = turbo(['run', ...process.argv.slice(2), `--filter=${name}`, '--force', '--output-logs=errors-only']);
