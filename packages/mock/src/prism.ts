import { STATUS_CODES } from 'node:http';
import { type Answer, jsonAnswer } from '@koodrive-backup/spec/answer';
import type { Operation } from '@koodrive-backup/spec/contract';
import { createInstance, getHttpOperationsFromSpec, type IHttpRequest } from '@stoplight/prism-http';
import { getHttpConfigFromRequest } from '@stoplight/prism-http-server/dist/getHttpConfigFromRequest.js';
import { refuse } from './refusal.ts';

/** The parts of a request that select one of the operation's answers. */
export interface Selection {
  accept?: string | undefined;
  /** The header Prefer (RFC 7240), with `code`, `example`, `dynamic` and `seed`. */
  prefer?: string | undefined;
  /** The query, which may have the same preferences as `__code` and so on, for clients that cannot set a header. */
  query: URLSearchParams;
}

/** Answers an accepted request to an operation with one of the contract's examples. */
export type Respond = (operation: Operation, selection: Selection) => Promise<Answer>;

/** A pino logger that writes nothing: logging halves Prism's throughput. */
const silence = new Proxy(
  {},
  { get: (_, name, logger) => (name === 'child' ? () => logger : () => undefined) },
) as Parameters<typeof createInstance>[1]['logger'];

/**
 * Loads Prism with a contract.
 *
 * @param contract An OpenAPI 3.1 document, bundled.
 */
export async function createPrism(contract: object): Promise<Respond> {
  // Pass a copy, because Prism resolves references within the object that it gets.
  const known = await getHttpOperationsFromSpec(structuredClone(contract));
  // The front has judged the request already, because Prism does not say which header or property it refuses.
  const judged = { checkSecurity: false, validateRequest: false, validateResponse: false, errors: false } as const;
  const config = { ...judged, isProxy: false, upstreamProxy: undefined } as const;
  const prism = createInstance({ ...config, mock: { dynamic: false } }, { logger: silence });

  async function respond(operation: Operation, selection: Selection): Promise<Answer> {
    const { method, path } = operation;
    const resources = known.filter((resource) => resource.path === path && resource.method.toUpperCase() === method);
    const { accept, prefer } = selection;
    if (accept && !isMediaRanges(accept)) return refuse(406, 'header.Accept must be a list of media types');
    const request = prismRequest(operation, selection);
    const where = prefer ? 'header.Prefer' : 'query';
    const preferences = getHttpConfigFromRequest(request);
    if (preferences._tag === 'Left') return refuse(400, `${where}: ${inOneLine(preferences.left.detail)}`);
    const { code, exampleKey } = preferences.right;
    if (code !== undefined && !isFinal(code)) return refuse(400, `${where}: code must be from 200 to 599`);
    // Check this here, because Prism would answer with another status that has the example.
    const missing = exampleKey === undefined ? undefined : missingExample(operation, code ?? 200, exampleKey);
    if (missing) return refuse(404, `${where}: ${missing}`);
    // Create a configuration for each request, because Prism writes the request's header Accept into it.
    const own = { ...config, mock: { dynamic: false, ...preferences.right } };
    const result = await prism.request(request, resources, own)();
    if (result._tag === 'Left') return refusalOf(result.left, where);
    const { statusCode, headers = {}, body } = result.right.output;
    if (body === undefined && accept) {
      // Prism answers without a body if Accept names a wildcard and excludes the only media type of the answer.
      const answer = await respond(operation, { prefer, query: selection.query });
      return answer.text === '' ? answer : notAcceptable;
    }
    const { dynamic } = preferences.right;
    if (!dynamic && !exampleKey && isOfAnotherStatus(body, statusCode)) {
      return refuse(statusCode, STATUS_CODES[statusCode] ?? `status ${statusCode}`);
    }
    return body === undefined ? { status: statusCode, headers, text: '' } : jsonAnswer(statusCode, body, headers);
  }
  return respond;
}

function prismRequest({ method, path }: Operation, { accept, prefer, query }: Selection): IHttpRequest {
  return {
    method: method.toLowerCase() as IHttpRequest['method'],
    url: { path, query: Object.fromEntries(query) },
    headers: { ...(accept && { accept }), ...(prefer && { prefer }) },
  };
}

/** Returns a message if an answer does not have an example, with the names of those that it has. */
function missingExample({ responses }: Operation, status: number, name: string): string | undefined {
  const names = Object.keys((responses[status] ?? responses.default)?.examples ?? {});
  if (names.includes(name)) return undefined;
  return `the answer ${status} has no example ${JSON.stringify(name)}; it has ${names.join(', ') || 'none'}`;
}

/** Whether a status ends a request. After one from 100 to 199 the client would wait for another answer. */
function isFinal(status: number): boolean {
  return status >= 200 && status <= 599;
}

const notAcceptable = refuse(406, 'header.Accept must allow a media type of the answer');

/**
 * Whether an example was written for another status than the one it would be sent with: its `code` is then that other
 * status. Refusals for which the vendor has no code have their status as `code` (errata, "Codes of refusals").
 */
function isOfAnotherStatus(body: unknown, status: number): boolean {
  const { code } = (body ?? {}) as { code?: unknown };
  return typeof code === 'number' && code in STATUS_CODES && code !== status;
}

/** Converts an error of Prism to a refusal. The error has no status if Prism found no answer at all. */
function refusalOf({ status = 404, message }: Error & { status?: number }, where: string): Answer {
  if (status === 404) return refuse(status, `${where} asks for an answer that the contract does not have`);
  if (status === 406) return notAcceptable;
  return refuse(status, message);
}

/** Prism describes a value that it cannot decode as a tree of several lines. */
function inOneLine(tree: string): string {
  return tree.replace(/\s*└─ /g, ': ').replace(/\s*\n\s*/g, '; ');
}

const token = "[\\w!#$%&'*+.^`|~-]+";
const mediaRange = new RegExp(`^\\s*${token}/${token}(\\s*;\\s*${token}=(${token}|"[^"]*"))*\\s*$`);

/** Whether Prism can read an Accept header. Prism throws if it cannot. */
function isMediaRanges(accept: string): boolean {
  return accept.split(',').every((range) => mediaRange.test(range));
}
