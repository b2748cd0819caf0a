import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { xDate } from '@koodrive-backup/testkit/x-date';
import type { operations } from '../src/schema.gen.ts';
import { hangMs } from './hang.ts';

const byId = new Map(readContract(contract).operations.map((operation) => [operation.id, operation]));

type Data<Id extends keyof operations> = operations[Id] extends {
  responses: { 200: { content: { 'application/json': infer Envelope } } };
}
  ? Envelope
  : never;

/** An answer. A success has the data of the operation, a refusal has none. */
interface Answer<Id extends keyof operations> {
  status: number;
  headers: IncomingHttpHeaders;
  envelope: Data<Id>;
}

/** The parts of a request without its credential. */
interface Call {
  lockId?: string;
  path?: Record<string, string>;
  query?: Record<string, string | number>;
  body?: object;
}

/** Sends requests of one user to one server, each once. */
export interface Caller {
  call<Id extends keyof operations>(id: Id, call?: Call): Promise<Answer<Id>>;
  close(): void;
}

/** A user, and a token of theirs. */
export interface Credential {
  userId: string;
  token: string;
}

/** Creates a caller. Its calls reject if there is no answer, or none that can be read. */
export function createCaller(baseUrl: string, { userId, token }: Credential): Caller {
  const agent = new Agent({ keepAlive: true });
  return {
    call: (id, { lockId, path = {}, query, body } = {}) =>
      new Promise((resolve, reject) => {
        const operation = byId.get(id);
        if (!operation) throw new Error(`there is no operation ${id}`);
        const url = new URL(
          operation.path.replace(/\{(\w+)\}/g, (_, name) => path[name] ?? ''),
          baseUrl,
        );
        for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, `${value}`);
        const headers = {
          authorization: `Bearer+${token}`,
          'x-user-id': userId,
          // A second ago, so that it is not in the future for a server whose clock is a little behind.
          'x-date': xDate(Date.now() - 1000),
          ...(lockId !== undefined && { 'x-backup-lock-id': lockId }),
          ...(body && { 'content-type': 'application/json' }),
        };
        const sent = request(url, { agent, method: operation.method, headers, timeout: hangMs }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('close', () => {
            if (!response.complete) return reject(new Error('the answer was cut off'));
            const envelope = JSON.parse(Buffer.concat(chunks).toString());
            resolve({ status: response.statusCode ?? 0, headers: response.headers, envelope });
          });
        });
        sent.on('timeout', () => sent.destroy(new Error(`no answer to ${id}`)));
        sent.on('error', reject);
        sent.end(body && JSON.stringify(body));
      }),
    close: () => agent.destroy(),
  };
}
