import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface WireAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** The bytes of a request: the lines of its head, a Content-Length, and its body. */
export function rawRequest(lines: readonly string[], body = ''): string {
  return `${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/**
 * Sends bytes that an HTTP client would not, and reads the first final answer. Like the simplest clients, it writes
 * everything before it reads anything, and fails if it cannot.
 *
 * @param url Base URL of the server.
 * @throws Error with what came back if the connection ends before the answer is complete.
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
 * Sends bytes that an HTTP client would not, and reads all answers until the server closes the connection, interim ones
 * too.
 *
 * @param url Base URL of the server.
 */
export function sendRawUntilClose(url: string, bytes: string | Uint8Array): Promise<WireAnswer[]> {
  const socket = open(url);
  socket.write(bytes);
  return readAnswers(socket);
}

/** A request whose head the server has read, and whose body it has not. */
export interface BegunRequest {
  /** Sends what is missing, and whatever should come behind it. */
  send(text: string): void;
  /** The final answers, once the connection is closed, however it is. */
  answers: Promise<WireAnswer[]>;
}

/**
 * Sends the head of a request and waits until the server has read it, which it says with `100 Continue`. Another
 * connection's answer does not prove that: a busy server may take that one first.
 *
 * @param lines The lines of the head, without Expect and Content-Length.
 * @param length How many bytes the body will have.
 * @throws Error with what came back if the connection ends before.
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
    // A reset ends the connection too: what has come counts.
    socket.on('error', () => {});
    socket.on('close', () => {
      hasRead.reject(new Error(`the server did not go on, but: ${received}`));
      resolve(parseAnswers(received).filter(({ status }) => status >= 200));
    });
  });
  socket.write(`${[...lines, 'Expect: 100-continue', `Content-Length: ${length}`].join('\r\n')}\r\n\r\n`);
  await hasRead.promise;
  return { send: (text) => void socket.write(text), answers };
}

/** Reads all answers until the server closes the connection, interim ones too. */
export async function readAnswers(socket: Socket): Promise<WireAnswer[]> {
  let received = '';
  for await (const chunk of socket.setEncoding('latin1')) received += chunk;
  return parseAnswers(received);
}

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname.replace(/^\[|\]$/g, '')).setEncoding('latin1');
}

/** The complete answers in what was received, in which each byte is a character. */
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
