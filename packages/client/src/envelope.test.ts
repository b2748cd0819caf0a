import { describe, expect, it } from 'vitest';
import { type Answer, judge, unwrap } from './envelope.ts';
import { BackupApiError } from './errors/backup-api-error.ts';

type Envelope = { code: 0; msg: string; data: string };
const answer = (status: number, part: { data: unknown } | { error: unknown }): Promise<Answer<Envelope>> =>
  Promise.resolve({ response: new Response(null, { status }), ...part } as Answer<Envelope>);
const refusalOf = (call: Promise<Answer<Envelope>>): Promise<unknown> =>
  unwrap(call).then(
    (data) => expect.fail(`gave ${data}`),
    (error: unknown) => error,
  );

describe('unwrap', () => {
  it('returns the data of a success', async () => {
    expect(await unwrap(answer(200, { data: { code: 0, msg: 'success', data: 'x' } }))).toBe('x');
  });

  it('returns undefined for an envelope without data', async () => {
    const call: Promise<Answer<{ code: 0; msg: string }>> = answer(200, { data: { code: 0, msg: 'success' } });
    expect(await unwrap(call)).toBeUndefined();
  });

  it('throws for a refusal by status', async () => {
    const error = await refusalOf(answer(400, { error: { code: 13000102, msg: 'body.deviceId must be string' } }));
    expect(error).toBeInstanceOf(BackupApiError);
    expect(error).toMatchObject({ status: 400, code: 13000102, msg: 'body.deviceId must be string' });
  });

  it('throws for a refusal under status 200', async () => {
    const error = await refusalOf(answer(200, { error: { code: 13000309, msg: 'no such device' } }));
    expect(error).toMatchObject({ status: 200, code: 13000309, msg: 'no such device' });
  });
});

describe('what an answer says', () => {
  const ofGateway = { form: 'gateway', requestId: '' };
  const ofProvider = { form: 'envelope', requestId: '' };
  const ofNobody = { form: '', requestId: '' };
  it.each<[number, string, object]>([
    [200, '{"code":0,"msg":"","data":{}}', { success: { code: 0, msg: '', data: {} } }],
    [299, '{"code":0,"msg":"","data":0}', { success: { code: 0, msg: '', data: 0 } }],
    [200, '{"code":13000102,"msg":"no"}', { refusal: { code: 13000102, msg: 'no', ...ofProvider } }],
    [200, '{"code":"13000102","msg":"no"}', { refusal: { code: 13000102, msg: 'no', ...ofProvider } }],
    [200, '{"code":-1,"msg":"no"}', { refusal: { code: -1, msg: 'no', ...ofProvider } }],
    [400, '{"code":0,"msg":"no"}', { refusal: { code: 400, msg: 'no', ...ofProvider } }],
    [400, '{"code":"0013","msg":"no"}', { refusal: { code: '0013', msg: 'no', ...ofNobody } }],
    [400, '{"code":"x13","msg":"no"}', { refusal: { code: 'x13', msg: 'no', ...ofNobody } }],
    [400, '{"code":"13x","msg":"no"}', { refusal: { code: '13x', msg: 'no', ...ofNobody } }],
    [400, '{"code":"123456789012345"}', { refusal: { code: 123456789012345, msg: '', ...ofProvider } }],
    [400, '{"code":1234567890123456789}', { refusal: { code: '1234567890123456789', msg: '', ...ofNobody } }],
    [400, '{"code":"","msg":"no"}', { refusal: { code: 400, msg: 'no', ...ofNobody } }],
    [403, '', { refusal: { code: 403, msg: '', ...ofNobody } }],
    [404, '{"message":"no"}', { refusal: { code: 404, msg: 'no', ...ofNobody } }],
    [404, '{"msg":"a","error_msg":"b","message":"c"}', { refusal: { code: 404, msg: 'a', ...ofNobody } }],
    [404, '{"error_msg":"b","message":"c"}', { refusal: { code: 404, msg: 'b', ...ofNobody } }],
    [401, '{"error_code":"A.1","error_msg":"no"}', { refusal: { code: 'A.1', msg: 'no', ...ofGateway } }],
    [
      401,
      '{"error_code":"A.1","code":"B","request_id":"id"}',
      { refusal: { code: 'A.1', msg: '', form: 'gateway', requestId: 'id' } },
    ],
    [401, '{"error_code":7,"request_id":7}', { refusal: { code: 401, msg: '', ...ofNobody } }],
    [302, '{"code":0,"msg":"","data":{}}', { unreadable: 'is a redirect, which is refused' }],
    [399, '', { unreadable: 'is a redirect, which is refused' }],
    [400, '', { refusal: { code: 400, msg: '', ...ofNobody } }],
    [401, '{"code":0,"error_code":"A.1"}', { refusal: { code: 'A.1', msg: '', ...ofProvider } }],
    [200, '', { unreadable: 'does not follow the contract' }],
    [200, '{"code":0,"msg":"","data":null}', { unreadable: 'does not follow the contract' }],
    [200, '{"code":"0","msg":"","data":{}}', { unreadable: 'does not follow the contract' }],
    [200, '{"code":true,"msg":"","data":{}}', { unreadable: 'does not follow the contract' }],
    [200, '{"code":0,"msg":7,"data":{}}', { unreadable: 'does not follow the contract' }],
    [200, '{"msg":"","data":{}}', { unreadable: 'does not follow the contract' }],
    [400, '<p>', { unreadable: 'does not follow the contract' }],
    [400, '[]', { unreadable: 'does not follow the contract' }],
    [400, 'null', { unreadable: 'does not follow the contract' }],
    [400, '"text"', { unreadable: 'does not follow the contract' }],
  ])('with %s and %s', (status, text, verdict) => {
    const response = { status, ok: status >= 200 && status < 300 } as Response;
    expect(judge(response, text, true)).toEqual(verdict);
  });

  it('is a success without data, if the operation has none', () => {
    const response = new Response();
    for (const text of ['{"code":0,"msg":""}', '{"code":0,"msg":"","data":null}', '{"code":0,"msg":"","data":1}']) {
      expect(judge(response, text, false)).toEqual({ success: JSON.parse(text) });
    }
  });
});

it('the message of a refusal has no empty parts', async () => {
  const error = await refusalOf(answer(403, { error: { code: 403, msg: '' } }));
  expect(error).toMatchObject({ message: 'refused: HTTP status 403, code 403', status: 403, code: 403, msg: '' });
  expect(error).not.toHaveProperty('operation');
});
