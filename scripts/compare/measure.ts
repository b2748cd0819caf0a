import { path, type Tool } from './clients/tool.ts';

/**
 * Measures calls in turns, so that other work of the machine affects all alike.
 *
 * @param rounds Number of turns of each call.
 * @param count Number of calls in a turn.
 * @returns The best turn of each call, in microseconds per call.
 */
export async function fastestRounds(
  calls: (() => Promise<unknown>)[],
  rounds: number,
  count: number,
): Promise<number[]> {
  const best = calls.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [index, call] of calls.entries()) {
      const begin = performance.now();
      for (let made = 0; made < count; made++) await call();
      best[index] = Math.min(best[index] ?? Infinity, ((performance.now() - begin) / count) * 1000);
    }
  }
  return best;
}

type Contract = typeof import('@koodrive-backup/spec/openapi.json').default;
type HeaderName = 'authorization' | 'content-type' | 'x-backup-lock-id' | 'x-date' | 'x-user-id';

/** Returns the call of the vendor's page, as the contract's examples have it, and the contract. */
export async function exampleCall(): Promise<{
  contract: Contract;
  headers: Record<HeaderName, string>;
  body: string;
  path: typeof path;
}> {
  const { default: contract } = await import('@koodrive-backup/spec/openapi.json', { with: { type: 'json' } });
  const { examples, parameters } = contract.components;
  const headers = {
    authorization: 'Bearer+t',
    'content-type': 'application/json',
    'x-backup-lock-id': parameters.BackupLockId.example,
    'x-date': parameters.Date.example,
    'x-user-id': parameters.UserId.example,
  };
  const body = JSON.stringify(examples.CreateBackupRecordRequest.value);
  return { contract, headers, body, path };
}

/** Returns the call of the vendor's page with a tool, answered in this process: it costs only what the tool costs. */
export async function inProcessCall({ connect }: Pick<Tool, 'connect'>): Promise<() => Promise<unknown>> {
  const { contract, headers } = await exampleCall();
  const { CreateBackupRecordRequest: request, CreateBackupRecordResponse: response } = contract.components.examples;
  const answer = JSON.stringify(response.value);
  const answerHeaders = { 'content-type': 'application/json' };
  const call = connect({
    baseUrl: 'https://koodrive.example.com',
    userId: headers['x-user-id'],
    token: async () => 't',
    fetch: async () => new Response(answer, { headers: answerHeaders }),
  });
  const init = { lockId: headers['x-backup-lock-id'], body: request.value };
  return () => call(init);
}
