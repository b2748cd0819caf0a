import { parseArgs } from 'node:util';
import { checkHost, checkPort, typedPort } from '@koodrive-backup/spec/serving';

const defaultPort = 4010;
const defaultHost = '127.0.0.1';

/** The text that `koodrive-mock --help` prints. */
export const usage: string = `Usage: koodrive-mock [--port <number>] [--host <host>]

Answers requests to the KooDrive Backup API with the contract's examples, for tests, until Ctrl-C. Unofficial.

  --port <number>   TCP port; 0 is any free port (default ${defaultPort})
  --host <host>     name or address to listen on (default ${defaultHost}: this machine only)
  --version         print the version
  -h, --help        print this help

Exit status: 0 if Ctrl-C or SIGTERM stopped the mock; 2 if it could not start, with one line on stderr that says why.`;

/** A parsed command line. */
export interface CommandLine {
  help: boolean;
  version: boolean;
  host: string;
  port: number;
}

/**
 * Reads the arguments of `koodrive-mock`.
 *
 * @throws Error with a message for the user if the arguments are not understood.
 */
export function parseCommandLine(args: string[]): CommandLine {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
      host: { type: 'string', default: defaultHost },
      port: { type: 'string', default: String(defaultPort) },
    },
  });
  const { help, version, host } = values;
  const port = typedPort(values.port);
  checkPort('--port', port);
  checkHost('--host', host);
  return { help, version, host, port };
}
