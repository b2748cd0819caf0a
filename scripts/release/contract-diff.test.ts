import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { contractDiff, contractDiffCommand, isAnnounced, outcomeOf } from './contract-diff.ts';
import type { AffectedOperation } from './contract-diff-compare.ts';
import { type ContractDiff, report } from './contract-diff-report.ts';
import { rules } from './contract-diff-rules.ts';

const thing = { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } };
const contract = {
  openapi: '3.1.0',
  info: { title: 'Things', version: '0.1.0', description: 'A text.' },
  security: [{ token: [] }],
  paths: Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [
      `/${name}`,
      {
        post: {
          operationId: name,
          requestBody: { content: thing },
          responses: { 200: { $ref: '#/components/responses/Thing' } },
        },
      },
    ]),
  ),
  components: {
    responses: { Thing: { description: 'A thing.', content: thing } },
    schemas: { Thing: { enum: ['a', 'b'] } },
    securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'Authorization' } },
  },
};
const breaking = JSON.parse(
  JSON.stringify(contract).replace('["a","b"]', '["a","c"]').replace('A text.', 'Another text.'),
) as object;

describe('contract:diff', () => {
  let repository: string;
  let file: string;
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: repository,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const write = (changed: object): void => writeFileSync(file, stringify(changed));
  const announce = (bumps: Record<string, string>): void => {
    mkdirSync(join(repository, '.changeset'), { recursive: true });
    writeFileSync(join(repository, '.changeset', 'change.md'), `---\n${stringify(bumps)}---\n\nA change.\n`);
  };
  const output = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined);

  /** Runs the command in this process, and restores the exit code of the process. */
  const run = async (...args: string[]): Promise<{ status: unknown; stdout: string; stderr: string }> => {
    const before = process.exitCode;
    await contractDiffCommand(repository, args);
    const status = process.exitCode ?? 0;
    process.exitCode = before;
    return { status, stdout: output.mock.calls.flat().join('\n'), stderr: errors.mock.calls.flat().join('\n') };
  };

  beforeAll(() => {
    repository = mkdtempSync(join(tmpdir(), 'contract-diff-test-'));
    file = join(repository, 'spec', 'openapi.yaml');
    git('init', '--quiet');
    git('commit', '--quiet', '--allow-empty', '--message', 'empty');
    mkdirSync(join(repository, 'spec'));
    write(contract);
    git('add', '.');
    git('commit', '--quiet', '--message', 'contract');
  });
  beforeEach(() => {
    output.mockClear();
    errors.mockClear();
    write(contract);
    rmSync(join(repository, '.changeset'), { recursive: true, force: true });
  });
  afterAll(() => rmSync(repository, { recursive: true }));

  it('fails on a breaking change that is not announced, and names its place with paths of the repository', async () => {
    write(breaking);
    const { status, stdout } = await run('HEAD');
    expect(status).toBe(1);
    expect(stdout).toContain('The changes need a major bump: major for callers, major for providers.');
    expect(stdout).toMatch(/^ {2}at HEAD:spec\/openapi\.yaml:\d+:\d+$/m);
    expect(stdout).toMatch(/^ {2}at spec\/openapi\.yaml:\d+:\d+$/m);
    expect(stdout).toContain('  in the request and the response of\n    POST /a a\n');
    expect(stdout).not.toContain('contract-diff-');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it.each([
    [null, '0.1.0', 'same'],
    ['patch', '0.1.0', 'compatible'],
    ['minor', '0.1.0', 'compatible'],
    ['major', '0.2.0', 'unannounced'],
    ['major', '1.0.0', 'announced'],
  ] as const)('a bump of %j in version %s has the outcome %s', (bump, revision, outcome) => {
    expect(outcomeOf(bump, { base: '0.1.0', revision }, repository)).toBe(outcome);
  });

  it('accepts a breaking change that changesets announce', () => {
    announce({ '@koodrive-backup/spec': 'major', '@koodrive-backup/client': 'major' });
    expect(outcomeOf('major', { base: '0.1.0', revision: '0.1.0' }, repository)).toBe('announced');
  });

  it.each([
    { '@koodrive-backup/spec': 'major', '@koodrive-backup/client': 'minor' },
    // Not enough, because the client's changelog would not mention the change.
    { '@koodrive-backup/spec': 'major' },
    { '@koodrive-backup/client': 'major' },
  ])('does not accept %j as an announcement', (bumps: Record<string, string>) => {
    announce(bumps);
    expect(isAnnounced(repository)).toBe(false);
  });

  it('succeeds if the commit has no contract', async () => {
    expect(await run('HEAD~1')).toEqual({
      status: 0,
      stdout: 'HEAD~1 has no contract, so there is nothing to compare with.',
      stderr: '',
    });
  });

  it('succeeds if nothing changed', async () => {
    expect(await run('HEAD')).toEqual({ status: 0, stdout: 'The contract has not changed.', stderr: '' });
  });

  it('reports in one line that there is no repository', () => {
    expect(() => contractDiff(tmpdir(), 'HEAD')).toThrow(/^git ls-tree failed: fatal: not a git repository.*$/);
  });

  it('reports which contract cannot be read', () => {
    writeFileSync(file, 'openapi: [');
    expect(() => contractDiff(repository, 'HEAD')).toThrow(
      /^redocly diff failed: .+ in "spec\/openapi\.yaml" \(1:11\)$/,
    );
  });

  it('reports a schema that is only a reference to itself', () => {
    const { components } = contract;
    const Thing = { $ref: '#/components/schemas/Thing' };
    write({ ...contract, components: { ...components, schemas: { Thing } } });
    expect(() => contractDiff(repository, 'HEAD')).toThrow(/^redocly diff failed: Self-referencing circular pointer$/);
  });

  it.each([
    [[], 'contract:diff: needs one commit'],
    [['HEAD', 'main'], 'contract:diff: needs one commit'],
    [['nowhere'], 'contract:diff: git ls-tree failed: fatal: Not a valid object name nowhere'],
    [['HEAD', '--format', 'xml'], "contract:diff: --format must be text, json, markdown, not 'xml'"],
  ])('reports what is wrong with the arguments %j, and exits with 2', async (args, message) => {
    const { status, stderr } = await run(...args);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('\n');
    expect(status).toBe(2);
  });

  it('prints its usage for --help', async () => {
    const { status, stdout } = await run('--help');
    expect(stdout).toMatch(/^Usage: pnpm contract:diff <git-ref> \[--format text\|json\|markdown\]\n/);
    expect(status).toBe(0);
  });
});

describe('report', () => {
  const operation = (operationId: string): AffectedOperation => ({
    method: 'GET',
    path: `/${operationId}`,
    operationId,
    uses: ['response'],
  });
  const place = { file: 'spec/openapi.yaml', pointer: '#/components/schemas/A/enum', line: 3, col: 5 };
  const diff: ContractDiff = {
    ref: 'main',
    bump: 'major',
    callers: 'major',
    providers: 'minor',
    outcome: 'unannounced',
    changes: [
      {
        kind: 'modified',
        typeName: 'Schema',
        subject: 'A.enum',
        bump: 'major',
        ...rules['response wider'],
        base: { ...place, file: 'main:spec/openapi.yaml', value: ['a|b'] },
        revision: { ...place, value: ['a|b', '`\n'] },
        operations: ['one', 'two', 'three', 'four'].map(operation),
      },
    ],
  };

  it('prints the whole comparison as JSON', () => {
    expect(JSON.parse(report(diff, 'json'))).toEqual(diff);
  });

  it('prints a Markdown table that no value of the contract can break', () => {
    expect(report(diff, 'markdown')).toBe(`## The contract needs a major bump

Compared with \`main\`: **major** for callers, **minor** for providers.

| Change | Callers | Providers | Operations |
|---|---|---|---|
| modified Schema \`A.enum\`<br>\`from ["a\\|b"] to ["a\\|b","'\\n"]\`<br>at \`spec/openapi.yaml:3:5\` | \
**major**: They can receive a response that was not possible. | **minor**: They can return more. | \
<details><summary>4 operations</summary>\`GET /one one\`<br>\`GET /two two\`<br>\`GET /three three\`<br>\
\`GET /four four\`</details> |

**What to do:** Announce the breaking change: run \`npx -y pnpm@12 changeset\`,
choose major for @koodrive-backup/spec and @koodrive-backup/client.`);
  });

  it('prints text', () => {
    expect(report(diff, 'text')).toBe(`MAJOR  modified Schema
  A.enum
  from ["a|b"] to ["a|b","\`\\n"]
  callers   major  They can receive a response that was not possible.
  providers minor  They can return more.
  in the response of
    GET /one one
    GET /two two
    GET /three three
    GET /four four
  at main:spec/openapi.yaml:3:5
  at spec/openapi.yaml:3:5

The changes need a major bump: major for callers, minor for providers.

Announce the breaking change: run \`npx -y pnpm@12 changeset\`,
choose major for @koodrive-backup/spec and @koodrive-backup/client.`);
  });

  it.each([
    [{ outcome: 'same', bump: null, changes: [] }, 'The contract has not changed.'],
    [{ outcome: 'announced' }, 'The breaking change is announced'],
    [{ outcome: 'compatible', bump: 'minor' }, 'choose minor for'],
  ] satisfies [Partial<ContractDiff>, string][])('prints what to do for %j', (part, advice) => {
    for (const format of ['text', 'markdown'] as const) expect(report({ ...diff, ...part }, format)).toContain(advice);
  });
});

describe('the command contract:diff', () => {
  // The PATH of a root script: with the commands of the root, without those of this package.
  const commands = [join(rootDir, 'node_modules', '.bin'), ...`${process.env.PATH}`.split(delimiter)]
    .filter((folder) => !folder.includes(join('scripts', 'node_modules')))
    .join(delimiter);

  it('compares the contract of this repository with a commit', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, 'contract-diff.ts'), 'HEAD', '--format', 'json'],
      { cwd: rootDir, encoding: 'utf8', env: { PATH: commands } },
    );
    expect(stderr).toBe('');
    expect((JSON.parse(stdout) as ContractDiff).ref).toBe('HEAD');
    expect([0, 1]).toContain(status);
  });
});
