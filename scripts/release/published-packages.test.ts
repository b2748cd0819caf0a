import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { errorCodes } from '@koodrive-backup/client';
import { installInEmptyFolder, packBuilt, publishedFolders, type Tarball } from '@koodrive-backup/lib/pack';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { startMock } from '@koodrive-backup/mock';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Manifest {
  name: string;
  scripts: Record<string, string>;
  exports: Record<string, string | object>;
}

const packages = publishedFolders.map((path): [string, Manifest] => [
  path,
  JSON.parse(readFileSync(join(rootDir, path, 'package.json'), 'utf8')),
]);
const tarballs = new Map<string, Tarball>();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'packages-test-'));
  for (const tarball of packBuilt(folder)) tarballs.set(tarball.name, tarball);
});
afterAll(() => rmSync(folder, { recursive: true }));

// The consumer's Node may be another one than the Node that runs the tests.
const runNode = async (args: string[], cwd: string): Promise<string> =>
  (await promisify(execFile)(process.env.CONSUMER_NODE ?? process.execPath, args, { cwd })).stdout;

const tarballOf = (name: string): Tarball => tarballs.get(name) ?? expect.fail(`${name} was not packed`);
const contentOf = (name: string): ArrayBuffer => new Uint8Array(readFileSync(tarballOf(name).filename)).buffer;

it('six packages are published', () => expect(packages).toHaveLength(6));

describe.each(packages)('the package of %s', (path, { name, scripts, exports }) => {
  it('has no finding of publint', async () => {
    const { messages, pkg } = await publint({ pack: { tarball: contentOf(name) }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  // The docs package has no module.
  const hasModules = Object.values(exports).some((entry) => typeof entry === 'object' || entry.endsWith('.js'));

  it.runIf(hasModules)('has no finding of are-the-types-wrong for ESM', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(contentOf(name))), {
      excludeEntrypoints: ['./errata.md'],
    });
    if (!analysis.types) throw new Error(`${name} has no types`);
    const problems = analysis.problems.filter((problem) => !isOfCommonJs(problem));
    expect(problems).toEqual([]);
  });

  it('has no tests, no configuration and no build files', () => {
    const listed = tarballOf(name).files.map(({ path }) => path);
    expect(listed.filter((path) => /\.test\.|\.turbo|node_modules|tsconfig/.test(path))).toEqual([]);
    for (const path of ['package.json', 'README.md', 'LICENSE']) expect(listed).toContain(path);
  });

  it('is built again before it is packed', () => {
    expect(scripts.prepack).toMatch(/^node (\.\.\/)+scripts\/release\/prepack\.ts build 1>&2$/);
  });

  it('has a README that links only to files in the package, and to https', () => {
    const readme = readFileSync(join(rootDir, path, 'README.md'), 'utf8');
    const targets = [...readme.matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target);
    const held = tarballOf(name).files.map(({ path }) => path);
    expect(targets.filter((target) => !/^https:/.test(target) && !held.includes(target))).toEqual([]);
  });
});

/**
 * Whether a problem concerns only CommonJS or the resolution of Node 10, which do not count: the packages are ESM only.
 */
function isOfCommonJs(problem: Problem): boolean {
  if ('resolutionKind' in problem) return ['node10', 'node16-cjs'].includes(problem.resolutionKind);
  // JSON has a default export for `import`, and none for `require`.
  return problem.kind === 'FalseExportDefault' && problem.implementationFileName.endsWith('.json');
}

const app = `
import { BackupApiError, accessToken, createBackupClient, unwrap } from '@koodrive-backup/client';

const [baseUrl, userId, lockId, body] = process.argv.slice(2);
const client = createBackupClient({ baseUrl, auth: accessToken('t'), userId });
const create = (changes) => unwrap(client.POST('/koodrive/ose/v1/backup/record', {
  params: { header: { 'x-backup-lock-id': lockId } },
  body: { ...JSON.parse(body), ...changes },
}));
const record = await create({});
const refusal = await create({ deviceId: 1 }).catch((error) => error);
console.log(JSON.stringify({ record, refused: refusal instanceof BackupApiError && refusal.code }));
`;

it('the packed client, installed in an empty folder, creates a record', async () => {
  const consumer = installInEmptyFolder(folder, tarballOf('@koodrive-backup/client'));
  writeFileSync(join(consumer, 'app.mjs'), app);

  const { examples, parameters } = contract.components;
  const mock = await startMock();
  try {
    const args = [mock.url, parameters.UserId.example, parameters.BackupLockId.example];
    const body = JSON.stringify(examples.CreateBackupRecordRequest.value);
    const output = await runNode(['app.mjs', ...args, body], consumer);
    expect(JSON.parse(output)).toEqual({
      record: examples.CreateBackupRecordResponse.value.data,
      refused: errorCodes.parameterCheckFailed,
    });
  } finally {
    await mock.close();
  }
});
