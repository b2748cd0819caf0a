import { once } from 'node:events';
import { connect } from 'node:net';
import { rawRequest } from '@koodrive-backup/testkit/raw-http';
import { expect, it, onTestFinished } from 'vitest';
import { created, send, validHead } from '../test/requests.ts';
import { type MockOptions, startMock } from './index.ts';

it('is ready when the promise resolves, on a free port of this machine', async () => {
  const [one, other] = await Promise.all([startMock(), startMock()]);
  expect(one.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(other.url).not.toBe(one.url);
  const answers = await Promise.all([send(one.url), send(other.url)]);
  for (const answer of answers) expect(await answer.json()).toEqual(created);
  await Promise.all([one.close(), other.close()]);
});

it('answers on IPv6 too, with an address that a URL can hold', async () => {
  const mock = await startMock({ host: '::1' });
  expect(mock.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await send(mock.url)).status).toBe(200);
  await mock.close();
});

it('says that the port is taken', async () => {
  const mock = await startMock();
  onTestFinished(() => mock.close());
  const port = Number(new URL(mock.url).port);
  await expect(startMock({ port })).rejects.toThrow(`cannot listen on 127.0.0.1, port ${port}: the port is taken`);
});

it.each([{ host: '203.0.113.1' }, { host: 'no-such-host.invalid' }])(
  'says that $host cannot be bound',
  async ({ host }) => {
    await expect(startMock({ host })).rejects.toThrow(`cannot listen on ${host}, port 0: `);
  },
);

it.each([
  [{ port: 65_536 }, 'port must be a number from 0 to 65535, not 65536'],
  [{ port: 1.5 }, 'port must be a number from 0 to 65535, not 1.5'],
  [{ port: 'abc' }, "port must be a number from 0 to 65535, not 'abc'"],
  [{ host: '' }, "host must be a name or an address, not ''"],
  [{ host: null }, 'host must be a name or an address, not null'],
  [{ prot: 4010 }, 'there is no option prot'],
])('refuses %j', async (options, message) => {
  await expect(startMock(options as MockOptions)).rejects.toThrow(new TypeError(message));
});

it('closes every connection, whatever its state, and may be closed again', async () => {
  const mock = await startMock();
  const port = Number(new URL(mock.url).port);
  const states: Record<string, string> = {
    idle: '',
    'in the middle of a head': 'POST / HTTP/1.1\r\n',
    'in the middle of a body': rawRequest(validHead, '{"a":1}').slice(0, -3),
    'refused, and still open': 'nonsense\r\n\r\n',
    'refused a tunnel, and still open': 'CONNECT host:443 HTTP/1.1\r\nHost: host\r\n\r\n',
  };
  const open = new Set(Object.keys(states));
  for (const [state, sent] of Object.entries(states)) {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(sent);
    for (const end of ['end', 'close']) socket.resume().on(end, () => open.delete(state));
  }
  // When the mock answers this request, it has read everything that came before.
  await send(mock.url);
  const closed = mock.close();
  await expect.poll(() => [...open]).toEqual([]);
  await closed;
  await mock.close();
  await expect(send(mock.url)).rejects.toThrow();
});
