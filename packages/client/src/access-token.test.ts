import { describe, expect, it } from 'vitest';
import { accessToken } from './access-token.ts';

const authorizationOf = (token: string): Promise<string> =>
  accessToken(token).authorize({ method: 'GET', url: '', headers: new Headers(), body: new ArrayBuffer() });

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

  it.each(['Bearer', 'ATt', 'Bearer-t', 'Basic t', 'X AT t'])('takes %s for a bare token', async (token) => {
    expect(await authorizationOf(token)).toBe(`Bearer+${token}`);
  });

  it('refuses an empty token', () => {
    expect(() => accessToken('')).toThrow(TypeError);
  });
});
