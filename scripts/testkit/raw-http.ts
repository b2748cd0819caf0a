import { connect, type Socket } from 'node:net';

/** An answer as it was received. */
export interface WireAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** Builds the bytes of a request from the lines of its head and its body. Adds Content-Length. */
export function rawRequest(lines: readonly string[], body = ''): string {
  return `${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/**
 * Sends bytes that an HTTP client would not send, and reads the first final answer. Like the simplest clients, it
 * writes everything before it reads anything, and fails if it cannot write.
 *
 * @param url Base URL of the server.
 * @throws Error with the received text if the connection ends before the answer is complete.
 */
export function sendRaw(url: string, bytes: string | Uint8Array): Promise<WireAnswer> {
  const socket = open(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const read = (chunk: string): void => {
      received += chunk;
      const answer = parseAnswers(received).find(({ status }) => status >= 200);
      if (!answer) return;
      resolve(answer);
      socket.destroy();
    };
    socket.write(bytes, (error) => (error ? reject(error) : socket.on('data', read)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`no complete answer, but: ${received}`)));
  });
}

/**
 * Sends bytes that an HTTP client would not send, and reads all answers until the server closes the connection, interim
 * answers (1xx) included.
 *
 * @param url Base URL of the server.
 */
export function sendRawUntilClose(url: string, bytes: string | Uint8Array): Promise<WireAnswer[]> {
  const socket = open(url);
  socket.write(bytes);
  return readAnswers(socket);
}

/** A request of which the server has read the head. The body has not been sent. */
export interface BegunRequest {
  /** Sends the body, or any other bytes. */
  send(text: string): void;
  /** The final answers. Resolves when the connection is closed, even by a reset. */
  answers: Promise<WireAnswer[]>;
}

/**
 * Sends the head of a request and waits until the server has read it. Only `100 Continue` proves that: an answer on
 * another connection does not, because a busy server may read that connection first.
 *
 * @param lines The lines of the head, without Expect and Content-Length.
 * @param length Length of the body, in bytes.
 * @throws Error with the received text if the connection ends before `100 Continue`.
 */
export async function beginRequest(url: string, lines: readonly string[], length: number): Promise<BegunRequest> {
  const socket = open(url);
  let received = '';
  const hasRead = Promise.withResolvers<void>();
  const answers = new Promise<WireAnswer[]>((resolve) => {
    socket.on('data', (chunk) => {
      received += chunk;
      if (received.startsWith('HTTP/1.1 100 ')) hasRead.resolve();
    });
    // A reset also ends the connection, and the answers that came before it count.
    socket.on('error', () => {});
    socket.on('close', () => {
      hasRead.reject(new Error(`the server did not answer 100 Continue, but: ${received}`));
      resolve(parseAnswers(received).filter(({ status }) => status >= 200));
    });
  });
  socket.write(`${[...lines, 'Expect: 100-continue', `Content-Length: ${length}`].join('\r\n')}\r\n\r\n`);
  await hasRead.promise;
  return { send: (text) => void socket.write(text), answers };
}

/** Reads all answers until the server closes the connection, interim answers (1xx) included. */
export async function readAnswers(socket: Socket): Promise<WireAnswer[]> {
  let received = '';
  for await (const chunk of socket.setEncoding('latin1')) received += chunk;
  return parseAnswers(received);
}

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname.replace(/^\[|\]$/g, '')).setEncoding('latin1');
}

/** Parses the complete answers in a text that has one character for each byte. */
function parseAnswers(received: string): WireAnswer[] {
  const end = received.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = received.slice(0, Math.max(0, end)).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1];
  if (status === undefined) return [];
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  const rest = received.slice(end + 4);
  const length = Number(headers.get('content-length'));
  if (rest.length < length) return [];
  const text = Buffer.from(rest.slice(0, length), 'latin1').toString();
  return [{ status: Number(status), headers, text }, ...parseAnswers(rest.slice(length))];
}
