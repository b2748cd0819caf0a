import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import { announcesMore, discardBody, hasBody, type ReadBody, readBody } from './body.ts';
import type { Claim, SharedLimit } from './shared-limit.ts';

/** The largest body that is read, in bytes: 1 MB. */
export const maxBodyBytes = 1_048_576;

/** The most that is read of the body of a request that is refused, in bytes: 32 MB. */
const maxDiscardedBytes = 32 * maxBodyBytes;

const noBody = Buffer.alloc(0);

/** A connection, for as long as it is open. */
export interface Connection {
  /** Its place among all connections. */
  claim: Claim;
  /** The answer to the last request that it has sent. */
  last: ServerResponse | undefined;
  /** Requests that were read, and wait until those before them are answered. */
  waitingRequests: number;
  /** Whether a request was answered before its body was read to the end. */
  isDiscarding: boolean;
}

/** A request, and the way to answer it. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client's X-traceid if it sent one (errata E24), else an id of our own; the answer has it in X-Request-Id. */
  readonly requestId: string;
  readonly #connection: Connection;
  readonly #bytesInFlight: SharedLimit;
  /** The memory that it uses, if it uses any. */
  #bytes: Claim | undefined;
  /** Whether the client is sending its body, or has sent it. */
  #isSending: boolean;
  readonly #letSend: () => void;

  /**
   * @param letSend Lets a client send its body that has asked first (Expect: 100-continue); for others there is none.
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

  /** Says that the request is worked on, so that its connection does not give way. */
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

  /** Ends the exchange: it has been answered, or there is nobody left to answer. May be called again. */
  end(): void {
    this.#bytes?.free();
  }

  /** Sends an answer, also to a client that reads it only after it has sent all of its body. */
  send({ status, headers, text }: Answer): void {
    const { request, response } = this;
    this.#connection.claim.wait();
    const length = Buffer.byteLength(text);
    // Text of ASCII is the same bytes in both encodings, and Node writes this one several times faster.
    const encoding = length === text.length ? 'latin1' : 'utf8';
    response.writeHead(status, { ...headers, 'content-length': length });
    if (request.complete || !hasBody(request) || !this.#isSending) {
      response.end(text, encoding);
      this.#awaitReader();
      return;
    }
    this.#connection.isDiscarding = true;
    discardBody(request, maxDiscardedBytes);
    // Ended only afterwards, because node:http may close the connection then.
    request.once('close', () => {
      this.#connection.isDiscarding = false;
      response.end();
    });
    response.flushHeaders();
    response.write(text);
  }

  /** Counts what the system has not taken of an answer: its client does not read fast enough, or not at all. */
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
  // It stands in a log and in a header.
  return typeof traceId === 'string' && /^[!-~]{1,128}$/.test(traceId) ? traceId : randomUUID();
}
