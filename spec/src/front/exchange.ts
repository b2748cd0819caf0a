import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import { announcesMore, discardBody, hasBody, type ReadBody, readBody } from './body.ts';
import type { Claim, SharedLimit } from './shared-limit.ts';

/** The largest body that is accepted, in bytes: 1 MB. */
export const maxBodyBytes = 1_048_576;

/** The most bytes that are read and discarded of a refused request's body: 32 MB. */
const maxDiscardedBytes = 32 * maxBodyBytes;

const noBody = Buffer.alloc(0);

/** A connection, for as long as it is open. */
export interface Connection {
  /** Its claim on the number of open connections. */
  claim: Claim;
  /** The answer to the newest request on this connection. */
  last: ServerResponse | undefined;
  /** The answer to the request that is being served, or was served last. */
  answering: ServerResponse | undefined;
  /** The number of requests that wait until the requests before them are answered. */
  waitingRequests: number;
  /** Whether a request was answered before its body was read to the end. */
  isDiscarding: boolean;
}

/** A request, and the way to answer it. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client's X-traceid if it sent one (errata E24), otherwise a new id. The answer has it in X-Request-Id. */
  readonly requestId: string;
  readonly #connection: Connection;
  readonly #bytesInFlight: SharedLimit;
  /** The claim on the memory that the exchange uses, if it uses any. */
  #bytes: Claim | undefined;
  /** Whether the client may have begun to send its body. */
  #isSending: boolean;
  readonly #letSend: () => void;

  /**
   * @param letSend Tells a client that sent `Expect: 100-continue` to send its body; `undefined` for other clients.
   */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    bytesInFlight: SharedLimit,
    letSend?: () => void,
  ) {
    this.request = request;
    this.response = response;
    this.requestId = requestIdOf(request);
    this.#connection = connection;
    this.#bytesInFlight = bytesInFlight;
    this.#isSending = letSend === undefined;
    this.#letSend = letSend ?? (() => {});
    response.setHeader('x-request-id', this.requestId);
  }

  /** Marks the request as being worked on, so that its connection does not give way. */
  begin(): void {
    this.#connection.claim.keep();
  }

  /** Reads the body. Never rejects. */
  async readBody(): Promise<ReadBody> {
    if (announcesMore(this.request, maxBodyBytes)) return 'too large';
    this.#letSend();
    this.#isSending = true;
    if (!hasBody(this.request)) return noBody;
    const { claim } = this.#connection;
    this.#bytes = this.#bytesInFlight.claim(() => {});
    claim.wait();
    const body = await readBody(this.request, maxBodyBytes, this.#bytes);
    claim.keep();
    return body;
  }

  /** Ends the exchange, because it was answered or its client has gone. May be called more than once. */
  end(): void {
    this.#bytes?.free();
  }

  /** Sends an answer. Also reaches a client that reads its answer only after it has sent its whole body. */
  send({ status, headers, text }: Answer): void {
    const { request, response } = this;
    this.#connection.claim.wait();
    const length = Buffer.byteLength(text);
    // ASCII text is the same bytes in both encodings, and Node writes Latin-1 several times faster.
    const encoding = length === text.length ? 'latin1' : 'utf8';
    response.writeHead(status, { ...headers, 'content-length': length });
    if (request.complete || !hasBody(request) || !this.#isSending) {
      response.end(text, encoding);
      this.#awaitReader();
      return;
    }
    this.#connection.isDiscarding = true;
    discardBody(request, maxDiscardedBytes);
    // End the answer only after the body, because node:http may close the connection when the answer ends.
    request.once('close', () => {
      this.#connection.isDiscarding = false;
      response.end();
    });
    response.flushHeaders();
    response.write(text);
  }

  /** Counts the bytes of an answer that wait in memory, because the client reads it slowly or not at all. */
  #awaitReader(): void {
    const { socket } = this.request;
    if (socket.writableLength === 0) return;
    this.#bytes ??= this.#bytesInFlight.claim(() => {});
    this.#bytes.giveWay = () => socket.destroy();
    this.#bytes.wait();
    this.#bytes.take(socket.writableLength);
  }
}

function requestIdOf({ headers }: IncomingMessage): string {
  const traceId = headers['x-traceid'];
  // Accept only visible ASCII of a limited length, because the id is written to a log and to a header.
  return typeof traceId === 'string' && /^[!-~]{1,128}$/.test(traceId) ? traceId : randomUUID();
}
