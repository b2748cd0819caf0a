import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootDir } from './workspace.ts';

const { scripts } = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
// The others are a tool's own command line.
const commands = Object.entries(scripts).filter(
  ([, script]) => script.startsWith('node ') && !script.includes('/turbo.ts'),
);

describe.skipIf(process.platform === 'win32')('the root scripts', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'command-test-'));
    // What a command that does not stop would run.
    for (const tool of ['turbo', 'changeset']) {
      writeFileSync(join(folder, tool), '#!/bin/sh\n');
      chmodSync(join(folder, tool), 0o755);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (script: string, args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> => {
    const [, ...words] = script.split(' ');
    const PATH = [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
    return new Promise((resolve) => {
      const options = { cwd: rootDir, env: { ...process.env, PATH } };
      execFile(process.execPath, [...words, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  };

  it('are there', () => expect(commands.length).toBeGreaterThan(8));

  it.concurrent.each(commands)('%s answers --help, and does nothing', async (name, script) => {
    const { code, stdout, stderr } = await run(script, ['--help']);
    expect(stdout).toMatch(new RegExp(`^Usage: (pnpm ${name}|koodrive-mock)\\b`));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.concurrent.each(commands)(
    '%s refuses what it does not know in one line, and exits with 2',
    async (name, script) => {
      const { code, stdout, stderr } = await run(script, ['what', 'extra']);
      expect(stderr).toMatch(new RegExp(`^(${name}|koodrive-mock): [^\\n]+\\n$`));
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    },
  );
});
