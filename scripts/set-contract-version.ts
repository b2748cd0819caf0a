// Gives the contract the version that changesets gave the package that holds it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { specDir } from './workspace.ts';

const { version } = JSON.parse(readFileSync(join(specDir, 'package.json'), 'utf8')) as { version: string };
const contract = join(specDir, 'openapi.yaml');
writeFileSync(contract, readFileSync(contract, 'utf8').replace(/^( {2}version: ).*$/m, `$1${version}`));
console.log(`info.version is ${version}`);
