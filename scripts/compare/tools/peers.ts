import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The folder in which the tools are installed. */
export const peersDir: string = join(import.meta.dirname, 'peers');

const { dependencies } = JSON.parse(readFileSync(join(peersDir, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** Returns the version of a package of `peers/`, even if it is not installed. */
export function versionOf(name: string): string {
  const { [name]: version } = dependencies;
  if (version === undefined) throw new Error(`${name} is not in ${peersDir}/package.json`);
  return version;
}

/** Returns the path of the command of a package. */
export function commandOf(name: string): string {
  const folder = join(peersDir, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const [file = ''] = typeof bin === 'string' ? [bin] : Object.values<string>(bin);
  return join(folder, file);
}

/** Variables with which no tool looks for a newer version or sends usage data. */
const env = {
  ...process.env,
  NO_COLOR: '1',
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  CI: '1',
};

/**
 * Runs a package's command.
 *
 * @returns Its output.
 * @throws Error with its output if it fails or takes longer than two minutes.
 */
export async function runCommand(name: string, args: string[], cwd: string): Promise<string> {
  return runNode([commandOf(name), ...args], cwd);
}

/**
 * Runs a program in a folder where the packages of `peers/` can be imported. Not in this process, because some packages
 * print, and some keep the process alive.
 *
 * @param program JavaScript, a module. Its arguments begin at `process.argv[1]`.
 */
export async function runProgram(program: string, args: string[], cwd: string): Promise<string> {
  return runNode(['--input-type=module', '--eval', program, '--', ...args], cwd);
}

async function runNode(args: string[], cwd: string): Promise<string> {
  try {
    const options = { cwd, env, timeout: 120_000, maxBuffer: 2 ** 26 };
    return (await promisify(execFile)(process.execPath, args, options)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${stderr}\n${stdout}`.trim() || String(error));
  }
}
