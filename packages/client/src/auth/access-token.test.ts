import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { accessToken, type GetToken } from './access-token.ts';
import type { AuthContext } from './auth.ts';

const request = { method: 'GET', url: '', headers: new Headers(), body: '' };
const context = { userId: '7', signal: new AbortController().signal };
const authorizationOf = async (token: string): Promise<string> => accessToken(token).authorize(request, context);

describe('accessToken', () => {
  it('puts Bearer and a plus in front of a bare token', async () => {
    expect(await authorizationOf('60f4ccc7b1')).toBe('Bearer+60f4ccc7b1');
  });

  it.each(['Bearer t', 'Bearer+t', 'bearer t', 'BEARER+t', 'AT t', 'AT+t', 'at+t'])(
    'sends %s as it is',
    async (token) => {
      expect(await authorizationOf(token)).toBe(token);
    },
  );

  it.each(['Bearer', 'ATt', 'Bearer-t'])('treats %s as a bare token', async (token) => {
    expect(await authorizationOf(token)).toBe(`Bearer+${token}`);
  });

  it.each(['', ' ', 'Bearer+', 'AT ', 'Basic t', 'AT AT t', 't\r\nX-Evil: 1', 'tökén'])(
    'refuses the token %j',
    (token) => {
      expect(() => accessToken(token)).toThrow(
        'accessToken must be a non-empty string of visible ASCII without spaces',
      );
    },
  );
});

/** A login whose tokens arrive when the test resolves them. */
function logins() {
  const begun: { context: AuthContext; resolve(token: string): void; reject(reason: unknown): void }[] = [];
  const logIn = vi.fn<GetToken>((context) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    begun.push({ context, resolve, reject });
    return promise;
  });
  const auth = accessToken(logIn);
  /** An attempt that waits for a credential until its controller is aborted. */
  const attempt = (user = 'one') => {
    const controller = new AbortController();
    const { signal } = controller;
    const credential = Promise.resolve(auth.authorize(request, { userId: user, signal }));
    credential.catch(() => {});
    return { credential, controller };
  };
  return { begun, logIn, auth, attempt };
}

describe('a function that gets tokens', () => {
  it('is called once for all attempts of a user, with the user and a signal', async () => {
    const { begun, logIn, attempt } = logins();
    const attempts = [attempt(), attempt(), attempt()];
    expect(logIn).toHaveBeenCalledTimes(1);
    expect(begun[0]?.context).toEqual({ userId: 'one', signal: expect.any(AbortSignal) });
    begun[0]?.resolve('token');
    for (const { credential } of [...attempts, attempt()]) expect(await credential).toBe('Bearer+token');
    expect(logIn).toHaveBeenCalledTimes(1);
    expect(begun[0]?.context.signal.aborted).toBe(false);
    for (const { controller } of attempts) expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('is called for each user, so that none gets the token of another', async () => {
    const auth = accessToken(async ({ userId }) => `token-of-${userId}`);
    const { signal } = context;
    for (const userId of ['one', 'two', 'one', 'three', 'two']) {
      expect(await auth.authorize(request, { userId, signal })).toBe(`Bearer+token-of-${userId}`);
    }
  });

  it('is called again for a user whose token was refused, and not for the others', async () => {
    let count = 0;
    const auth = accessToken(({ userId }) => `${userId}-${++count}`);
    const of = async (userId: string): Promise<string> => auth.authorize(request, { ...context, userId });
    expect([await of('a'), await of('b')]).toEqual(['Bearer+a-1', 'Bearer+b-2']);
    expect(await auth.renew?.('Bearer+a-1', { userId: 'a' })).toBe(true);
    expect([await of('a'), await of('b')]).toEqual(['Bearer+a-3', 'Bearer+b-2']);
    // A late refusal of the older token, or of another user's token.
    expect(await auth.renew?.('Bearer+a-1', { userId: 'a' })).toBe(true);
    expect(await auth.renew?.('Bearer+b-2', { userId: 'a' })).toBe(true);
    expect(await auth.renew?.('Bearer+x', { userId: 'nobody' })).toBe(true);
    expect([await of('a'), await of('b')]).toEqual(['Bearer+a-3', 'Bearer+b-2']);
  });

  it('is not called twice if a token is refused while the next one is being fetched', async () => {
    const { begun, logIn, auth, attempt } = logins();
    const first = attempt();
    await auth.renew?.('Bearer+older', { userId: 'one' });
    const second = attempt();
    begun[0]?.resolve('token');
    expect(await Promise.all([first.credential, second.credential])).toEqual(['Bearer+token', 'Bearer+token']);
    expect(logIn).toHaveBeenCalledTimes(1);
  });

  it('is called again after an attempt gave up waiting, and its signal is aborted when no attempt waits', async () => {
    const { begun, logIn, attempt } = logins();
    const [first, second] = [attempt(), attempt()];
    first.controller.abort(new Error('too long'));
    expect(begun[0]?.context.signal.aborted).toBe(false);
    const third = attempt();
    expect(logIn).toHaveBeenCalledTimes(2);
    const reason = new Error('too long as well');
    second.controller.abort(reason);
    expect(begun[0]?.context.signal.reason).toBe(reason);
    expect(begun[1]?.context.signal.aborted).toBe(false);
    begun[1]?.resolve('new');
    expect(await third.credential).toBe('Bearer+new');
    // A token that arrives too late must not replace a newer one.
    begun[0]?.resolve('old');
    await new Promise(setImmediate);
    expect(await attempt().credential).toBe('Bearer+new');
    expect(logIn).toHaveBeenCalledTimes(2);
  });

  it('still serves the attempts that wait after another has given up', async () => {
    const { begun, attempt } = logins();
    const [first, second] = [attempt(), attempt()];
    first.controller.abort();
    begun[0]?.resolve('token');
    expect(await second.credential).toBe('Bearer+token');
  });

  it('is called again after it failed, and a late failure does not end a newer login', async () => {
    const { begun, logIn, attempt } = logins();
    const first = attempt();
    begun[0]?.reject(new Error('login is down'));
    await expect(first.credential).rejects.toThrow('login is down');
    const second = attempt();
    expect(logIn).toHaveBeenCalledTimes(2);
    second.controller.abort();
    const third = attempt();
    begun[1]?.reject(new Error('down again'));
    await expect(second.credential).rejects.toThrow('down again');
    begun[2]?.resolve('token');
    expect(await third.credential).toBe('Bearer+token');
    expect(await attempt().credential).toBe('Bearer+token');
    expect(logIn).toHaveBeenCalledTimes(3);
  });

  it('that throws or returns no token fails like one that rejects', async () => {
    const thrown = accessToken(() => {
      throw new Error('no');
    });
    await expect(thrown.authorize(request, context)).rejects.toThrow('no');
    for (const token of ['', 'a b', undefined, 7, Promise.resolve(null)]) {
      const auth = accessToken(() => token as string);
      await expect(auth.authorize(request, context)).rejects.toThrow(TypeError);
    }
  });

  it('that waits for its own token fails at once', async () => {
    const auth = accessToken(() => auth.authorize(request, context));
    await expect(auth.authorize(request, context)).rejects.toThrow(
      'the function of accessToken must not call the client that waits for its token',
    );
  });

  it('is called again for the oldest user after 10,000 others', async () => {
    const logIn = vi.fn(({ userId }: AuthContext) => `token-of-${userId}`);
    const auth = accessToken(logIn);
    const of = async (userId: number): Promise<unknown> => auth.authorize(request, { ...context, userId: `${userId}` });
    for (let user = 0; user < 10_000; user++) await of(user);
    await of(0);
    expect(logIn).toHaveBeenCalledTimes(10_000);
    await of(10_000);
    await of(1);
    expect(logIn).toHaveBeenCalledTimes(10_001);
    await of(0);
    expect(logIn).toHaveBeenCalledTimes(10_002);
  });
});

it.each([undefined, null, 7, {}])('accessToken refuses %s', (token) => {
  expect(() => accessToken(token as unknown as string)).toThrow(
    'accessToken must be a string, or a function that returns one',
  );
});
