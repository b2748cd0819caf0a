import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneRepository, link, unpackInto } from '@koodrive-backup/lib/pack';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { startMock } from '@koodrive-backup/mock';
import { freePort } from '@koodrive-backup/testkit/free-port';
import { answer, startProvider } from '@koodrive-backup/testkit/provider';
import { samplesOf } from '@koodrive-backup/testkit/readme-samples';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { type Step, type Used, useAction } from './action.ts';
import { openShell, type Shell } from './shell.ts';

/** A fenced block of the page, and the text after it up to the next block. */
interface Block {
  language: string;
  code: string;
  prose: string;
}

const isSoak = process.env.MODE === 'soak';
const page = readFileSync(join(rootDir, 'packages', 'docs', 'pages', 'contract-tests-in-ten-minutes.md'), 'utf8');
const blocks: Block[] = page
  .split(/^```(?=\w)/m)
  .slice(1)
  .map((text) => {
    const [, language = '', code = '', prose = ''] = text.match(/^(\w+)\n([\s\S]*?)^```$([\s\S]*)/m) ?? [];
    return { language, code, prose };
  });
const [install, ...steps] = blocks.filter(({ language }) => language !== 'yaml');
const yaml = (name: string): string => blocks.find(({ code }) => code.startsWith(`# ${name}\n`))?.code ?? '';

const token = 'a-secret-of-the-user';

/** Limits each run of the suite to one check, unless it names checks itself: the suite's own tests cover all checks. */
const shortened = (code: string): string =>
  isSoak || code.includes('--only')
    ? code
    : code
        .replace(/--user-id (\S+)/, '--user-id $1 --only missing-refused')
        .replace('level: ', "only: ['record-new'], level: ");

// The commands of the page need bash and curl.
describe.skipIf(!process.env.HAS_CURL)('the page', () => {
  let folder: string;
  let clone: string;
  let project: string;
  let mock: Awaited<ReturnType<typeof startMock>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'contract-tests-'));
    project = join(folder, 'project');
    mkdirSync(project);
    mock = await startMock();
    if (isSoak) await followInstallation();
    else installBuilt();
  });
  afterAll(async () => {
    await mock?.close();
    rmSync(folder, { recursive: true });
  });

  /** Follows the page, from a clone in which nothing is installed and `dist` has only a file without a source. */
  async function followInstallation(): Promise<void> {
    clone = cloneRepository(folder);
    symlinkSync(clone, join(folder, 'koodrive-backup'));
    mkdirSync(join(clone, 'packages', 'client', 'dist'));
    writeFileSync(join(clone, 'packages', 'client', 'dist', 'gone.js'), '');
    const { status, printed } = await inShell(project, (shell) => shell.run(install?.code ?? ''));
    expect(status, printed).toBe(0);
  }

  /** Installs the packages as the page does, but without a registry. */
  function installBuilt(): void {
    writeFileSync(join(project, 'package.json'), '{}');
    unpackInto(project, inject('tarballs'));
    const vitest = join(import.meta.dirname, 'node_modules', 'vitest');
    link(vitest, join(project, 'node_modules', 'vitest'));
    link(join(vitest, 'vitest.mjs'), join(project, 'node_modules', '.bin', 'vitest'));
  }

  /** Runs `work` with a shell, and then ends everything that still runs in the shell. */
  async function inShell<T>(cwd: string, work: (shell: Shell) => Promise<T>, env: NodeJS.ProcessEnv = {}): Promise<T> {
    const shell = openShell(cwd, folder, { ...process.env, ...env });
    try {
      return await work(shell);
    } finally {
      await shell.close();
    }
  }

  it('describes what each of its steps does in a terminal', async () => {
    const ports = [await freePort(), await freePort()];
    // The page's code with free ports, an expiry date that has not passed, and a time limit that catches only hangs.
    const adapted = (code: string): string =>
      shortened(code)
        .replaceAll(':4010', `:${ports[0]}`)
        .replaceAll(':4020', `:${ports[1]}`)
        .replace('koodrive-mock &', `koodrive-mock --port ${ports[0]} &`)
        .replace('koodrive-server >', `koodrive-server --port ${ports[1]} >`)
        .replace(/(?<="expires": ")[^"]*/, '9999-12-31')
        .replace(/\}, \d+_000\);$/m, '}, 300_000);');
    let last = '';
    await inShell(project, async (shell) => {
      for (const { language, code, prose } of steps) {
        if (language === 'text') expect(last).toContain(code);
        else if (language === 'json') writeFileSync(join(project, 'deviations.json'), adapted(code));
        else if (language === 'ts') {
          writeFileSync(join(project, code.match(/^\/\/ (\S+)/)?.[1] ?? ''), adapted(code));
        } else {
          expect(language).toBe('sh');
          const { status, printed } = await shell.run(adapted(code));
          last = printed;
          expect(status, `${code}${printed}`).toBe(Number(prose.match(/The exit status is (\d)/)?.[1] ?? 0));
          const [, lastLine] = prose.match(/The last line is `(.*?)`/) ?? [];
          if (lastLine !== undefined) expect(printed.trimEnd().split('\n').at(-1)).toBe(lastLine);
        }
      }
    });
    expect(readFileSync(join(project, 'report.html'), 'utf8')).toContain('The contract is violated');
  });

  it('agrees with the run with which the README of the suite starts', async () => {
    const [start = expect.fail()] = samplesOf('packages/conformance/README.md').filter(
      ({ language }) => language === 'console',
    );
    const port = await freePort();
    const [installing, ...commands] = shortened(start.code).split('\n');
    expect(installing).toMatch(/^npm install /);
    const code = commands
      .join('\n')
      .replaceAll(':4020', `:${port}`)
      .replace('koodrive-server >', `koodrive-server --port ${port} --data started >`)
      .replaceAll(/koodrive-server (token|app) /g, 'koodrive-server $1 --data started ');
    const { status, printed } = await inShell(project, (shell) => shell.run(code));
    expect(printed.trimEnd().split('\n').at(-1)).toBe('The contract is honoured.');
    expect(status, printed).toBe(0);
  });

  it.runIf(isSoak)('builds the packages before it packs them, and drops files that have no source', () => {
    const dist = join(project, 'node_modules', '@koodrive-backup', 'client', 'dist');
    expect(existsSync(join(dist, 'index.js'))).toBe(true);
    expect(existsSync(join(dist, 'gone.js'))).toBe(false);
  });

  describe('its job for GitHub Actions', () => {
    interface Job {
      steps: (Step & { uses: string })[];
    }
    const { contract } = (parse(yaml('.github/workflows/contract.yml')) as { jobs: { contract: Job } }).jobs;
    const [step] = contract.steps.filter(({ uses }) => uses.includes('/packages/conformance@'));

    /** Runs the page's job against a provider. */
    async function run(url: string): Promise<Used & { workspace: string }> {
      const workspace = mkdtempSync(join(folder, 'workspace-'));
      const known = {
        'secrets.KOODRIVE_TOKEN': token,
        'vars.KOODRIVE_URL': url,
        'vars.KOODRIVE_USER_ID': '7',
      };
      const action = isSoak && { action: join(clone, 'packages', 'conformance'), isBuilt: false };
      const use = { workspace, known, ...action };
      const { with: given } = step ?? {};
      return {
        ...(await useAction({ ...step, with: { ...(!isSoak && { only: 'no-credential-refused' }), ...given } }, use)),
        workspace,
      };
    }

    it('fails if the contract is violated, reports the operation, and writes the reports that it uploads', async () => {
      const provider = await startProvider((response) => answer(response, 200, { code: 0, msg: 'success', data: {} }));
      onTestFinished(() => provider.close());
      const { status, log, summary, outputs, workspace } = await run(provider.url);
      expect(status, log).toBe(1);
      expect(outputs.verdict).toBe('violated');
      expect(log).toMatch(/^::error title=no-credential-refused of listBoundDevice::/m);
      expect(summary).toContain('<td>no-credential-refused</td>');
      expect(log + summary).not.toContain(token);
      const uploads = contract.steps.filter(({ uses }) => uses.startsWith('actions/upload-artifact@'));
      expect(uploads.map(({ with: { path } = {} }) => existsSync(join(workspace, path ?? 'nowhere')))).toEqual([true]);
    });

    it('passes if the contract is honoured', async () => {
      const { status, log, outputs } = await run(mock.url);
      expect(status, log).toBe(0);
      expect(outputs.verdict).toBe('honoured');
    });
  });

  it('has a job for GitLab that passes and writes the reports that it keeps', async () => {
    const { contract } = parse(yaml('.gitlab-ci.yml')) as {
      contract: {
        variables: Record<string, string>;
        script: string[];
        artifacts: { paths: string[]; reports: { junit: string } };
      };
    };
    // The files that the user has committed.
    const checkout = mkdtempSync(join(folder, 'checkout-'));
    if (isSoak) {
      for (const file of ['package.json', 'package-lock.json', 'vendor']) {
        cpSync(join(project, file), join(checkout, file), { recursive: true });
      }
    } else {
      symlinkSync(join(project, 'node_modules'), join(checkout, 'node_modules'));
    }
    const variables = { ...contract.variables, KOODRIVE_URL: mock.url, KOODRIVE_USER_ID: '7', KOODRIVE_TOKEN: token };
    await inShell(
      checkout,
      async (shell) => {
        for (const line of contract.script.filter((line) => isSoak || line !== 'npm ci')) {
          const { status, printed } = await shell.run(shortened(line));
          expect(status, printed).toBe(0);
        }
      },
      variables,
    );
    const kept = [...contract.artifacts.paths, contract.artifacts.reports.junit];
    expect(kept.filter((file) => !existsSync(join(checkout, file)))).toEqual([]);
  });
});
