import { describe, expect, it } from 'vitest';
import { type Answer, unwrap } from './envelope.ts';
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
  it('gives the data of a success', async () => {
    expect(await unwrap(answer(200, { data: { code: 0, msg: 'success', data: 'x' } }))).toBe('x');
  });

  it('gives undefined for an envelope without data', async () => {
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
