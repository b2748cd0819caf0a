import { isUtf8 } from 'node:buffer';
import { xDate as formatted } from '@koodrive-backup/testkit/x-date';
import type { App } from '../../src/http/app-signature.ts';
import type { Answered, Message, Reply, Wrapper } from '../provider.ts';

/** The users whom a faulty provider knows. */
export interface World {
  userId: string;
  token: string;
  app: App;
  expiredToken: string;
  other: { userId: string; token: string };
}

/**
 * A fault: its name, the check that must find it, the function that creates the faulty wrapper, and the checks whose
 * finding would describe it as well.
 */
export type Fault = [name: string, check: string, wrap: Wrap, alsoNamedBy?: string[]];

/** Creates the faulty wrapper. Each wrapper has its own state. */
export type Wrap = (world: World) => Wrapper;

export type Json = Record<string, unknown>;

export const root = '/koodrive/ose/v1/backup';
const pathOf = ({ target }: Message): string => target.split('?')[0] ?? '';
export const is = (request: Message, method: string, path: string): boolean => {
  const pattern =
    path === '/record/*' || path === '/device/*' ? `^${root}${path.slice(0, -1)}[^/]+$` : `^${root}${path}$`;
  return request.method === method && new RegExp(pattern).test(pathOf(request));
};
export const header = ({ headers }: { headers: [string, string][] }, name: string): string | undefined =>
  headers.find(([sent]) => sent.toLowerCase() === name)?.[1];
export const setHeader = <T extends { headers: [string, string][] }>(message: T, name: string, value: string): T => ({
  ...message,
  headers: [...message.headers.filter(([sent]) => sent.toLowerCase() !== name), [name, value]],
});
export const parse = (body: Buffer): Json | undefined => {
  try {
    const value = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
export const withJson = <T extends { body: Buffer }>(message: T, value: unknown): T => ({
  ...message,
  body: Buffer.from(JSON.stringify(value)),
});
export const isOk = ({ status }: Answered): boolean => status === 200;
export const answered = (status: number, value: unknown): Answered => ({
  status,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});
export const xDate = (): string => formatted(Date.now() - 1000);

/** Changes every answer. */
export const answers =
  (change: (answer: Answered, request: Message) => Reply): Wrap =>
  () =>
  async (request, forward) =>
    change(await forward(request), request);
/** Changes the text of successes. */
export const successes = (change: (text: string, request: Message) => string): Wrap =>
  answers((answer, request) =>
    isOk(answer) ? { ...answer, body: Buffer.from(change(answer.body.toString(), request)) } : answer,
  );
/** Changes the data in the successes of one operation. */
export const data = (method: string, path: string, change: (data: Json) => unknown): Wrap =>
  successes((text, request) => {
    if (!is(request, method, path)) return text;
    const envelope = JSON.parse(text);
    return JSON.stringify({ ...envelope, data: change(envelope.data) });
  });
export const refusals = (change: (envelope: Json, answer: Answered) => Reply | Json): Wrap =>
  answers((answer) => {
    if (isOk(answer)) return answer;
    const changed = change(parse(answer.body) ?? {}, answer);
    return typeof changed === 'object' && !('status' in changed) ? withJson(answer, changed) : (changed as Reply);
  });
/** Repairs requests before the provider sees them, so that it does not notice what is wrong with them. */
export const requests =
  (mend: (request: Message, world: World) => Message): Wrap =>
  (world) =>
  (request, forward) =>
    forward(mend(request, world));
export const bodies = (method: string, path: string, mend: (body: Json) => Json): Wrap =>
  requests((request) => {
    // Leave invalid UTF-8 as it is, because repairing it would be a second fault.
    const body = isUtf8(request.body) ? parse(request.body) : undefined;
    return body && is(request, method, path) ? withJson(request, mend(body)) : request;
  });
export const queries = (mend: (query: URLSearchParams) => void): Wrap =>
  requests((request) => {
    const [path = '', query = ''] = request.target.split('?');
    const search = new URLSearchParams(query);
    if (is(request, 'GET', '/record')) mend(search);
    return query === '' && [...search].length === 0 ? request : { ...request, target: `${path}?${search}` };
  });
/** Whether a signature covers the request, so that changing the request would break it. */
export const isSigned = (request: Message): boolean => /^HMAC/.test(header(request, 'authorization') ?? '');
export const trusted = (request: Message, { token }: World): Message =>
  setHeader(request, 'authorization', `Bearer+${token}`);
export const refused = (status = 400, code = 13000102): Answered => answered(status, { code, msg: 'refused' });
/** Refuses valid requests. */
export const refusing =
  (isWrong: (request: Message) => boolean): Wrap =>
  () =>
  async (request, forward) =>
    isWrong(request) ? refused() : forward(request);
export const bodyOf = (request: Message): Json => parse(request.body) ?? {};
export const create = (request: Message): boolean => is(request, 'POST', '/record');
export const listChanged = (change: (envelope: Json, request: Message) => Json): Wrap =>
  successes((text, request) =>
    is(request, 'GET', '/record') ? JSON.stringify(change(JSON.parse(text), request)) : text,
  );
export const later = (time: unknown, ms: number): string => new Date(Date.parse(String(time)) + ms).toISOString();
export const records = (envelope: Json): Json[] => envelope.data as Json[];
