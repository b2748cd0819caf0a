import { inspect } from 'node:util';

/**
 * Checks where the mock is to listen.
 *
 * @param prefix What the user writes in front of the names, such as `--`.
 * @throws TypeError with a message for the user.
 */
export function checkAddress(
  address: { port: unknown; host: unknown },
  prefix = '',
): asserts address is { port: number; host: string } {
  const { port, host } = address;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`${prefix}port must be a number from 0 to 65535, not ${inspect(port)}`);
  }
  // Node takes an empty host for every interface of the machine.
  if (typeof host !== 'string' || host === '') {
    throw new TypeError(`${prefix}host must be a name or an address, not ${inspect(host)}`);
  }
}
