import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneRepository } from '@koodrive-backup/lib/pack';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { startMock } from '@koodrive-backup/mock';
import { freePort } from '@koodrive-backup/testkit/free-port';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { inputsOf, type Job, type JobResult, runJob } from './github-job.ts';
import { openShell, type Shell } from './shell.ts';

/** A block of the page, and what it says after it, up to the next block. */
interface Block {
  language: string;
  code: string;
  prose: string;
}

const page = readFileSync(join(rootDir, 'packages', 'docs', 'pages', 'contract-tests-in-ten-minutes.md'), 'utf8');
const blocks: Block[] = page
  .split(/^```(?=\w)/m)
  .slice(1)
  .map((text) => {
    const [, language = '', code = '', prose = ''] = text.match(/^(\w+)\n([\s\S]*?)^```$([\s\S]*)/m) ?? [];
    return { language, code, prose };
  });
const [install, ...steps] = blocks.filter(({ language }) => language !== 'yaml');
const yaml = (name: string): string[] =>
  blocks.filter(({ code }) => code.startsWith(`# ${name}\n`)).map(({ code }) => code);
const [workflow = '', calling = ''] = yaml('.github/workflows/contract.yml');
const [gitlab = ''] = yaml('.gitlab-ci.yml');

const token = 'a-secret-of-the-user';
const repository = 'your-organisation/koodrive-backup';

let folder: string;
let ofAction: string;
let project: string;
let mock: Awaited<ReturnType<typeof startMock>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'contract-tests-'));
  // Two, each as a clone is at first, with nothing installed: the user's, and a runner's.
  symlinkSync(cloneRepository(folder), join(folder, 'koodrive-backup'));
  ofAction = join(cloneRepository(folder), 'packages', 'conformance');
  project = join(folder, 'project');
  mkdirSync(project);
  mock = await startMock();
  const { status, printed } = await inShell(project, (shell) => shell.run(install?.code ?? ''));
  expect(status, printed).toBe(0);
});
afterAll(async () => {
  await mock?.close();
  rmSync(folder, { recursive: true });
});

/** Works in a shell as a user has it, and ends what it leaves running. */
async function inShell<T>(cwd: string, work: (shell: Shell) => Promise<T>, env: NodeJS.ProcessEnv = {}): Promise<T> {
  const shell = openShell(cwd, folder, { ...process.env, npm_config_prefer_offline: 'true', ...env });
  try {
    return await work(shell);
  } finally {
    await shell.close();
  }
}

it('is executed whole', () => {
  expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'text', 'json', 'yaml', 'ts']));
  expect(yaml('.github/workflows/contract.yml').length + yaml('.gitlab-ci.yml').length).toBe(
    blocks.filter(({ language }) => language === 'yaml').length,
  );
});

it('does in a terminal what it says, step by step', async () => {
  const ports = [await freePort(), await freePort()];
  // As the page has it, but for ports that are not taken and a day that is not over.
  const adapted = (code: string): string =>
    code
      .replaceAll(':4010', `:${ports[0]}`)
      .replaceAll(':4020', `:${ports[1]}`)
      .replace('koodrive-mock &', `koodrive-mock --port ${ports[0]} &`)
      .replace('koodrive-server >', `koodrive-server --port ${ports[1]} >`)
      .replace(/(?<="expires": ")[^"]*/, new Date().toISOString().slice(0, 10));
  let last = '';
  await inShell(project, async (shell) => {
    for (const { language, code, prose } of steps) {
      if (language === 'text') expect(last).toContain(code);
      else if (language === 'json') writeFileSync(join(project, 'deviations.json'), adapted(code));
      else if (language === 'ts') writeFileSync(join(project, code.match(/^\/\/ (\S+)/)?.[1] ?? ''), code);
      else {
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

describe('the job of GitHub Actions', () => {
  /** Runs the page's job, against a provider. */
  async function run(url: string): Promise<JobResult & { workspace: string; uploads: string[] }> {
    const workspace = mkdtempSync(join(folder, 'workspace-'));
    const result = await runJob((parse(workflow) as { jobs: { contract: Job } }).jobs.contract, {
      workspace,
      actions: { [`${repository}/packages/conformance@main`]: ofAction },
      contexts: {
        secrets: { KOODRIVE_TOKEN: token },
        vars: { KOODRIVE_URL: url, KOODRIVE_USER_ID: '7' },
      },
    });
    const uploads = result.used.flatMap(({ with: { path, sarif_file: sarif } }) =>
      [path, sarif].filter((file) => file !== undefined),
    );
    return { ...result, workspace, uploads };
  }

  it('fails where it is violated, says where, and uploads its reports', async () => {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end('{"code":0,"msg":"success","data":{}}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { conclusion, log, summary, uploads, used, workspace } = await run(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    expect(conclusion).toBe('failure');
    expect(log).toMatch(/^::error title=no-credential-refused of listBoundDevice::[\s\S]*exit code 1\.$/m);
    expect(summary).toContain('<td>no-credential-refused</td>');
    expect(used.map(({ uses }) => uses.split('@')[0])).toEqual([
      'actions/checkout',
      'actions/setup-node',
      'actions/upload-artifact',
      'github/codeql-action/upload-sarif',
    ]);
    expect(uploads.filter((path) => path === '' || !existsSync(join(workspace, path)))).toEqual([]);
    expect(log + summary).not.toContain(token);
  });

  it('fails where the suite could not be run, and has no report to upload for code scanning', async () => {
    const { conclusion, log, uploads } = await run(`http://127.0.0.1:${await freePort()}`);
    expect(conclusion).toBe('failure');
    expect(log).toMatch(/ECONNREFUSED[\s\S]*exit code 2\.$/m);
    expect(uploads).toEqual(['conformance-report']);
  });

  it('passes where the contract is honoured, here by the workflow that is called', async () => {
    const called = parse(readFileSync(join(rootDir, '.github', 'workflows', 'conformance.yml'), 'utf8'));
    const { contract } = (parse(calling) as { jobs: { contract: { uses: string; with: object; secrets: object } } })
      .jobs;
    expect(contract.uses).toBe(`${repository}/.github/workflows/conformance.yml@main`);
    expect(Object.keys(called.on.workflow_call.secrets)).toEqual(expect.arrayContaining(Object.keys(contract.secrets)));
    const given = { ...contract.with, 'base-url': mock.url, 'user-id': '7' };
    const { conclusion, log, outputs, used } = await runJob(called.jobs.conformance, {
      workspace: mkdtempSync(join(folder, 'workspace-')),
      actions: { './.koodrive-backup/packages/conformance': ofAction },
      contexts: {
        inputs: inputsOf(contract.uses, called.on.workflow_call.inputs, given),
        secrets: { KOODRIVE_TOKEN: token },
        job: { workflow_repository: repository, workflow_sha: 'of-the-workflow' },
      },
    });
    expect(conclusion, log).toBe('success');
    expect(outputs).toEqual({ verdict: 'honoured' });
    expect(used).toContainEqual(
      expect.objectContaining({
        with: expect.objectContaining({ repository, ref: 'of-the-workflow', path: '.koodrive-backup' }),
      }),
    );
    expect(used.at(-1)).toMatchObject({ with: { path: 'conformance-report' } });
  });
});

it('does in a job of GitLab what it says', async () => {
  const { contract } = parse(gitlab) as {
    contract: {
      variables: Record<string, string>;
      script: string[];
      artifacts: { paths: string[]; reports: { junit: string } };
    };
  };
  // What the user has put into the repository.
  const checkout = mkdtempSync(join(folder, 'checkout-'));
  for (const file of ['package.json', 'package-lock.json', 'vendor']) {
    cpSync(join(project, file), join(checkout, file), { recursive: true });
  }
  const variables = { ...contract.variables, KOODRIVE_URL: mock.url, KOODRIVE_USER_ID: '7', KOODRIVE_TOKEN: token };
  await inShell(
    checkout,
    async (shell) => {
      for (const line of contract.script) {
        const { status, printed } = await shell.run(line);
        expect(status, printed).toBe(0);
      }
    },
    variables,
  );
  const kept = [...contract.artifacts.paths, contract.artifacts.reports.junit];
  expect(kept.filter((file) => !existsSync(join(checkout, file)))).toEqual([]);
});
