import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { createMask, credentialsIn, type Mask, masked } from '../http/secrets.ts';
import type { Exchange } from '../http/session.ts';
import { sentHeaders } from '../http/wire.ts';

/** A request and its answer in an HTTP Archive (HAR 1.2, "entries"), without secrets. */
export interface HarEntry {
  startedDateTime: string;
  /** In milliseconds, as are the timings. */
  time: number;
  request: {
    method: string;
    url: string;
    httpVersion: string;
    cookies: [];
    headers: HarPair[];
    queryString: HarPair[];
    /** `_encoding` is `base64` if the body is not UTF-8. It is our addition: HAR has `encoding` for answers only. */
    postData?: { mimeType: string; text: string; _encoding?: 'base64'; comment?: string };
    headersSize: -1;
    bodySize: number;
  };
  response: {
    /** 0 if no answer came; then `statusText` says why. */
    status: number;
    statusText: string;
    httpVersion: string;
    cookies: [];
    headers: HarPair[];
    content: { size: number; mimeType: string; text: string; encoding?: 'base64'; comment?: string };
    redirectURL: string;
    headersSize: -1;
    bodySize: number;
  };
  cache: Record<never, never>;
  timings: { send: 0; wait: number; receive: number };
  /** The number of the request in the run, its operation, and its check. */
  comment: string;
}

interface HarPair {
  name: string;
  value: string;
}

/** The longest part of a body that an archive holds, in bytes. */
const maxBody = 65_536;

/**
 * Returns an exchange as an entry of an HTTP Archive, without secrets.
 *
 * @param purpose Why the request was sent.
 * @param secrets The secrets of the run. The credential of the request is removed too.
 */
export function harEntry(
  { answer, call, durationMs, failure, number, request, sentAt }: Exchange,
  baseUrl: URL,
  purpose: string,
  secrets: readonly (string | undefined)[],
): HarEntry {
  const mask = createMask([...secrets, ...credentialsIn(request)]);
  const { method, target, body } = request;
  const headers = sentHeaders(request, baseUrl).map(([name, value]) => ({
    name,
    value: name === 'Authorization' ? maskedAuthorization(value) : mask.text(value),
  }));
  const answered = Object.entries(answer?.headers ?? {}).flatMap(([name, values = []]) =>
    values.map((value) => ({ name, value: name === 'set-cookie' ? masked : mask.text(value) })),
  );
  const httpVersion = answer ? `HTTP/${answer.httpVersion}` : 'HTTP/1.1';
  const { text, encoding, comment } = bodyText(body ?? Buffer.alloc(0), mask);
  const waited = answer?.waitedMs ?? durationMs;
  return {
    startedDateTime: new Date(sentAt).toISOString(),
    time: durationMs,
    request: {
      method,
      url: baseUrl.origin + baseUrl.pathname.replace(/\/$/, '') + target,
      httpVersion,
      cookies: [],
      headers,
      queryString: call.query.map(([name, value]) => ({ name, value })),
      ...(body && {
        postData: {
          mimeType: headers.find(({ name }) => name === 'Content-Type')?.value ?? '',
          text,
          ...(encoding && { _encoding: encoding }),
          ...(comment !== undefined && { comment }),
        },
      }),
      headersSize: -1,
      bodySize: body?.length ?? 0,
    },
    response: {
      status: answer?.status ?? 0,
      statusText: mask.text(answer?.statusText ?? failure?.message ?? ''),
      httpVersion,
      cookies: [],
      headers: answered,
      content: {
        size: answer?.body.length ?? 0,
        mimeType: answered.find(({ name }) => name === 'content-type')?.value ?? '',
        ...bodyText(answer?.body ?? Buffer.alloc(0), mask),
      },
      redirectURL: answered.find(({ name }) => name === 'location')?.value ?? '',
      headersSize: -1,
      bodySize: answer?.body.length ?? 0,
    },
    cache: {},
    timings: { send: 0, wait: waited, receive: Math.max(durationMs - waited, 0) },
    comment: `request ${number}, ${call.operation.id}, ${purpose}`,
  };
}

/** An archive that is being written. Each entry goes to the file immediately, so that none stays in memory. */
export interface HarFile {
  add(entry: HarEntry): void;
  /** Ends the archive. @throws Error if the archive or any entry could not be written. */
  close(): void;
  /** Removes the file. */
  discard(): void;
}

/**
 * Creates an archive, and replaces an existing one.
 *
 * @param version The version of the suite.
 * @throws Error if its file cannot be opened.
 */
export function createHarFile(file: string, version: string): HarFile {
  const creator = JSON.stringify({ name: 'koodrive-conformance', version });
  // Write synchronously, because a stream keeps in memory what a slow disk has not written yet.
  const descriptor = openSync(file, 'w');
  let separator = '\n';
  let failure: unknown;
  const write = (text: string): void => {
    try {
      if (failure === undefined) writeFileSync(descriptor, text);
    } catch (error) {
      failure = error;
    }
  };
  write(`{"log":{"version":"1.2","creator":${creator},"entries":[`);
  return {
    add(entry) {
      write(separator + JSON.stringify(entry));
      separator = ',\n';
    },
    close() {
      write('\n]}}\n');
      closeSync(descriptor);
      if (failure !== undefined) throw failure;
    },
    discard() {
      closeSync(descriptor);
      rmSync(file, { force: true });
    },
  };
}

/** Masks a credential. Its scheme, and everything in an app signature except the signature itself, is not secret. */
function maskedAuthorization(value: string): string {
  if (value.startsWith('HMAC-')) return value.replace(/Signature=.+/, `Signature=${masked}`);
  const [, scheme = '', rest = ''] = /^((?:bearer|at|basic)[ +])?(.*)$/i.exec(value) ?? [];
  return scheme + (rest === '' ? '' : masked);
}

function bodyText(bytes: Buffer, mask: Mask): { text: string; encoding?: 'base64'; comment?: string } {
  const shown = mask.bytes(bytes);
  const kept = shown.subarray(0, maxBody);
  const comment = kept.length < shown.length ? { comment: `the first ${maxBody} of ${bytes.length} bytes` } : {};
  // StringDecoder drops a character that the limit cuts in two.
  if (isUtf8(shown)) return { text: new StringDecoder('utf8').write(kept), ...comment };
  return { text: kept.toString('base64'), encoding: 'base64', ...comment };
}
