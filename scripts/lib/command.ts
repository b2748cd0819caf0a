import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What was typed behind a command, `--help` aside. */
export type Arguments<Known extends Options> = ReturnType<
  typeof parseArgs<{ options: Known; allowPositionals: true; strict: true }>
>;

/** The arguments that a command takes; none where nothing is said. */
interface Takes<Known extends Options> {
  options?: Known;
  allowPositionals?: boolean;
  /** Default: those of this process. */
  args?: string[];
}

/**
 * Runs a root script as a command: answers `--help`, refuses an argument that it does not take, and turns an error into
 * one message and exit code 2.
 *
 * @param usage What `--help` prints. It begins with `Usage: pnpm` and the command's name.
 * @param run Does the work, and returns the exit code; `undefined` is success, or a server that goes on.
 */
export async function command<const Known extends Options = Record<never, never>>(
  usage: string,
  run: (given: Arguments<Known>) => Promise<number | undefined> | number | undefined,
  { options, allowPositionals = false, args = process.argv.slice(2) }: Takes<Known> = {},
): Promise<void> {
  keepLoopbackFromProxies();
  const [, name] = /^Usage: pnpm (\S+)/.exec(usage) ?? [];
  try {
    const all = { ...options, help: { type: 'boolean', short: 'h' } } as const;
    const given = parseArgs({ args, options: all, allowPositionals });
    if (given.values.help) console.log(usage);
    else process.exitCode = await run(given as unknown as Arguments<Known>);
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  }
}

/** With NODE_USE_ENV_PROXY, Node's fetch would ask the proxy for this machine too. What a command starts inherits it. */
function keepLoopbackFromProxies(): void {
  const { NO_PROXY, no_proxy = NO_PROXY } = process.env;
  const exempt = [no_proxy, 'localhost', '127.0.0.1', '::1'].filter(Boolean).join();
  // Some programs read one of the two, and some read the other.
  Object.assign(process.env, { NO_PROXY: exempt, no_proxy: exempt });
}
