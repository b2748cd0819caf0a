import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { onTestFinished } from 'vitest';

const { examples, parameters } = contract.components;

/** The page's request, and what answers it. */
export const path = '/koodrive/ose/v1/backup/record';
export const userId: string = parameters.UserId.example;
export const created: typeof contract.components.examples.CreateBackupRecordResponse.value =
  examples.CreateBackupRecordResponse.value;
export const init: {
  params: { header: { 'x-backup-lock-id': string } };
  body: typeof contract.components.examples.CreateBackupRecordRequest.value;
} = {
  params: { header: { 'x-backup-lock-id': parameters.BackupLockId.example } },
  body: examples.CreateBackupRecordRequest.value,
};

/** A request as a provider saw it. */
export interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers a request, well or badly. `count` is 1 for the first request. */
export type Handler = (response: ServerResponse, count: number, request: Seen) => unknown;

/** Answers with a body that is JSON unless it is a string. */
export function answer(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  const type = { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' };
  response.writeHead(status, { ...type, ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Answers as a provider should. */
export const create: Handler = (response) => answer(response, 200, created);

/** Starts a real HTTP server that answers by the handler, until the test ends. */
export async function startProvider(handler: Handler): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (message, response) => {
    let body = '';
    for await (const chunk of message.setEncoding('utf8')) body += chunk;
    const request = { method: `${message.method}`, url: `${message.url}`, headers: message.headers, body };
    handler(response, seen.push(request), request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
