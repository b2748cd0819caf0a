// `pnpm version:packages`: applies the changesets to the packages and to the contract.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '@koodrive-backup/lib/command';
import { turbo } from '@koodrive-backup/lib/turbo';
import { rootDir, specDir } from '@koodrive-backup/lib/workspace';

const usage = `Usage: pnpm version:packages

Applies the changesets: raises the versions of the packages and of the contract, writes the changelogs, and writes the
generated files again.`;

await command(usage, () => {
  execFileSync('changeset', ['version'], { cwd: rootDir, stdio: 'inherit', shell: process.platform === 'win32' });
  setContractVersion();
  return turbo(['run', 'generate']);
});

/** Sets the contract's version to the one that changesets gave to the spec package. */
function setContractVersion(): void {
  const { version } = JSON.parse(readFileSync(join(specDir, 'package.json'), 'utf8')) as { version: string };
  const contract = join(specDir, 'openapi.yaml');
  writeFileSync(contract, readFileSync(contract, 'utf8').replace(/^( {2}version: ).*$/m, `$1${version}`));
  console.log(`info.version is ${version}`);
}
