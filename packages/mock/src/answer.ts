import type { IncomingMessage } from 'node:http';
import { type Operation, operationsAt, pathValues, readContract } from '@koodrive-backup/spec/contract';
import {
  type Input,
  mediaTypeViolation,
  missingCredentials,
  readRequest,
} from '@koodrive-backup/spec/validate-request';
import { createPrism, type Selection } from './prism.ts';
import { type Body, tooLarge } from './read-body.ts';
import { type Answer, refusal } from './refusal.ts';

/** Answers a request whose body has been read. */
export type Answerer = (request: IncomingMessage, body: Exclude<Body, 'interrupted'>) => Promise<Answer>;

/**
 * Makes the answerer of a contract.
 *
 * @param contract An OpenAPI 3.1 document, bundled.
 */
export async function createAnswerer(contract: object): Promise<Answerer> {
  const { operations } = readContract(contract);
  const respond = await createPrism(contract);

  return async (request, body) => {
    const { headers, headersDistinct, httpVersion, method, url = '' } = request;
    const target = parseTarget(url);
    if (!target) return refusal(400, 'path must be a path, percent-encoded in UTF-8');
    if (httpVersion === '1.1' && !headers.host) return refusal(400, 'header.Host is missing or empty');

    const { path, query, segments } = target;
    const here = operationsAt(operations, segments);
    if (here.length === 0) return refusal(404, `path ${path} is not in the contract`);
    const operation = here.find((candidate) => candidate.method === method);
    if (!operation)
      return refusal(405, `method ${method} is not in the contract for ${path}`, { allow: methodsOf(here) });

    const input = { path: pathValues(operation, segments), query, headers: headersDistinct };
    return refuse(operation, input, body) ?? respond(operation, selection(request, query));
  };
}

/** Authentication comes first, and its refusal names nothing but the credential. */
function refuse(operation: Operation, input: Omit<Input, 'body'>, body: Parameters<Answerer>[1]): Answer | undefined {
  const missing = missingCredentials(operation, input.headers);
  if (missing.length > 0) return refusal(401, missing.join('; '));
  if (body === 'too large') return tooLarge;
  const unreadable = mediaTypeViolation(operation, input.headers);
  if (unreadable) return refusal(415, unreadable);
  const { violations } = readRequest(operation, { ...input, body });
  return violations.length > 0 ? refusal(400, violations.join('; ')) : undefined;
}

function selection({ headers, headersDistinct }: IncomingMessage, query: URLSearchParams): Selection {
  return { accept: headers.accept, prefer: headersDistinct.prefer?.join(','), query };
}

/** The target's path and query (RFC 9112, section 3.2: it may be a whole URL), or nothing where it has no sound path. */
function parseTarget(target: string): { path: string; query: URLSearchParams; segments: string[] } | undefined {
  const [, path, query] = /^(?:https?:\/\/[^/?]*)?(\/[^?]*)\??(.*)$/is.exec(target) ?? [];
  if (path === undefined) return undefined;
  try {
    return { path, query: new URLSearchParams(query), segments: path.split('/').map(decodeURIComponent) };
  } catch {
    return undefined;
  }
}

function methodsOf(operations: Operation[]): string {
  return operations.map(({ method }) => method).join(', ');
}
