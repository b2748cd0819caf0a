import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** The parsed arguments of a command, without `--help`. */
export type Arguments<Known extends Options> = ReturnType<
  typeof parseArgs<{ options: Known; allowPositionals: true; strict: true }>
>;

/** The arguments that a command accepts. Default: none. */
interface Takes<Known extends Options> {
  options?: Known;
  allowPositionals?: boolean;
  /** Default: the arguments of this process. */
  args?: string[];
}

/**
 * Runs a root script as a command: prints its usage for `--help`, refuses an argument that the command does not accept,
 * and prints an error as one message with exit code 2.
 *
 * @param usage The text that `--help` prints. It begins with `Usage: pnpm` and the command's name.
 * @param run Does the work and returns the exit code. `undefined` means success, or a server that keeps running.
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

/**
 * Adds this machine to NO_PROXY, because with NODE_USE_ENV_PROXY Node's fetch would send even requests to this machine
 * to the proxy. The processes that a command starts inherit the variables.
 */
function keepLoopbackFromProxies(): void {
  const { NO_PROXY, no_proxy = NO_PROXY } = process.env;
  const exempt = [no_proxy, 'localhost', '127.0.0.1', '::1'].filter(Boolean).join();
  // Some programs read only the variable in capitals, others only the one in small letters.
  Object.assign(process.env, { NO_PROXY: exempt, no_proxy: exempt });
}
