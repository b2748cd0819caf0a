import { vi } from 'vitest';

/** The outcome of the command. */
export interface Ended {
  status: number;
  out: string;
  err: string;
}

/**
 * Runs the command in this process, because starting another process takes much longer.
 *
 * @param env All environment variables that the command reads.
 */
export async function runCommandLine(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const { argv, exitCode } = process;
  const out = vi.spyOn(console, 'log').mockImplementation(() => {});
  const err = vi.spyOn(console, 'error').mockImplementation(() => {});
  const known = Object.keys(process.env).filter((name) => /^(KOODRIVE_|GITHUB_ACTIONS$)/.test(name));
  for (const name of [...known, ...Object.keys(env)]) vi.stubEnv(name, env[name]);
  // Loading `cli.ts` runs the command.
  vi.resetModules();
  try {
    process.argv = [process.execPath, 'koodrive-conformance', ...args];
    process.exitCode = 0;
    await import('../src/cli.ts');
    return { status: Number(process.exitCode), out: printed(out), err: printed(err) };
  } finally {
    process.argv = argv;
    process.exitCode = exitCode;
    out.mockRestore();
    err.mockRestore();
    vi.unstubAllEnvs();
  }
}

const printed = ({ mock }: { mock: { calls: unknown[][] } }): string =>
  mock.calls.map(([text]) => `${text}\n`).join('');
