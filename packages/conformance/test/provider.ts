import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request or an answer, as it is sent. */
export interface Message {
  method: string;
  /** Path and query. */
  target: string;
  headers: [name: string, value: string][];
  body: Buffer;
}

/** An answer, or what the provider does instead of answering. */
export type Reply = Answered | 'hang' | 'reset' | 'cut off';

/** An answer of the wrapped provider. */
export interface Answered {
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
}

/** Answers in place of a provider, and may forward requests to it. */
export type Wrapper = (request: Message, forward: (request: Message) => Promise<Answered>) => Promise<Reply>;

/** Starts a provider that stands in front of another, and answers as the wrapper does. */
export async function startWrapped(url: string, wrapper: Wrapper): Promise<{ url: string; close(): void }> {
  const { hostname, port } = new URL(url);
  const forward = (message: Message): Promise<Answered> => send(hostname, port, message);

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: target = '', rawHeaders } = request;
    const message = { method, target, headers: pairs(rawHeaders), body: await buffer(request) };
    const reply = await wrapper(message, forward);
    if (reply === 'hang') return;
    if (reply === 'reset') return void request.socket.destroy();
    if (reply === 'cut off') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"code":0,');
      await sleep(5);
      return void request.socket.destroy();
    }
    const length: [string, string][] = reply.status === 204 ? [] : [['content-length', `${reply.body.length}`]];
    const kept = reply.headers.filter(
      ([name]) => !/^(content-length|connection|keep-alive|transfer-encoding)$/i.test(name),
    );
    // Keep the Date of the wrapped provider, because tests may move its clock.
    response.sendDate = false;
    response.writeHead(reply.status, [...kept, ...length].flat());
    response.end(reply.body);
  }

  const server = createServer(
    (request, response) => void respond(request, response).catch(() => request.socket.destroy()),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function send(hostname: string, port: string, { method, target, headers, body }: Message): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const kept = headers.filter(([name]) => !/^(content-length|connection|transfer-encoding)$/i.test(name));
    const all = [...kept, ['content-length', `${body.length}`]].flat();
    const request = httpRequest({ hostname, port, method, path: target, headers: all }, async (response) => {
      const { statusCode: status = 0, rawHeaders } = response;
      resolve({ status, headers: pairs(rawHeaders), body: await buffer(response) });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function pairs(raw: string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? '']);
}

/** Refuses with status 200 every request that the server refuses with another status. */
export const byEnvelope: Wrapper = async (request, forward) => {
  const answer = await forward(request);
  return answer.status < 500 ? { ...answer, status: 200 } : answer;
};
