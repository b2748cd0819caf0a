import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';

interface Manifest {
  name: string;
  version: string;
  private?: boolean;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(join(rootDir, path), 'utf8')) as T;
const published = globSync('{spec,packages/*}/package.json', { cwd: rootDir })
  .map((path) => readJson<Manifest>(path))
  .filter((manifest) => !manifest.private);

it('every published package has the version of the contract', () => {
  expect(published.length).toBeGreaterThan(2);
  for (const { name, version } of published) expect(version, name).toBe(contract.info.version);
});

it('changesets raise the versions of all packages together', () => {
  const { fixed } = readJson<{ fixed: string[][] }>('.changeset/config.json');
  expect(fixed).toEqual([['@koodrive-backup/*']]);
});
