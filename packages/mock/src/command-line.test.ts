import { expect, it } from 'vitest';
import { parseCommandLine, usage } from './command-line.ts';

it('has a default for each option', () => {
  expect(parseCommandLine([])).toEqual({ help: false, version: false, host: '127.0.0.1', port: 4010 });
});

it('understands each option that the usage names', () => {
  expect(parseCommandLine(['--port', '0', '--host', '::1'])).toMatchObject({ port: 0, host: '::1' });
  for (const flag of ['--help', '-h']) expect(parseCommandLine([flag])).toMatchObject({ help: true });
  expect(parseCommandLine(['--version'])).toMatchObject({ version: true });
  for (const option of ['--port', '--host', '--version', '-h, --help']) expect(usage).toContain(option);
});

it.each([
  [['--port', 'x'], "--port must be a number from 0 to 65535, not 'x'"],
  [['--port', '65536'], '--port must be a number from 0 to 65535, not 65536'],
  [['--port='], "--port must be a number from 0 to 65535, not ''"],
  [['--host='], "--host must be a name or an address, not ''"],
  [['--prot', '1'], "Unknown option '--prot'"],
  [['extra'], "Unexpected argument 'extra'"],
])('refuses %j', (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(message);
});
