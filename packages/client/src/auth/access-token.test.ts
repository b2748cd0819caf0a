import { describe, expect, it } from 'vitest';
import { accessToken } from './access-token.ts';

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

  it.each(['Bearer', 'ATt', 'Bearer-t'])('takes %s for a bare token', async (token) => {
    expect(await authorizationOf(token)).toBe(`Bearer+${token}`);
  });

  it.each(['', ' ', 'Bearer+', 'AT ', 'Basic t', 'AT AT t', 't\r\nX-Evil: 1', 'tökén'])(
    'refuses the token %j',
    (token) => {
      expect(() => accessToken(token)).toThrow('accessToken must be visible ASCII without spaces, not empty');
    },
  );
});
