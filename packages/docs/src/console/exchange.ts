import { type BackupAuth, BackupNetworkError, createBackupClient } from '@koodrive-backup/client';
import { callOf, type Draft } from './draft.ts';

/** A request as it was sent, the credential included. */
interface SentRequest {
  method: string;
  url: string;
  headers: Headers;
  body: string;
}

/** An answer as it came. A page sees only the headers that the provider's CORS exposes. */
interface ReceivedAnswer {
  status: number;
  statusText: string;
  headers: Headers;
  text: string;
}

/** The result of a call. */
export interface Exchange {
  /** The last request, if the client sent several. `undefined` if it sent none. */
  request?: SentRequest;
  answer?: ReceivedAnswer;
  /** What the client threw, in words, with what to do about it. */
  problem?: string;
}

/** Sends a draft through the client, once. */
export async function send(draft: Draft, authOf: () => BackupAuth): Promise<Exchange> {
  const exchange: Exchange = {};
  try {
    const client = createBackupClient({
      baseUrl: draft.address,
      userId: draft.userId,
      auth: authOf(),
      retry: { limit: 0 },
      async fetch(url, init) {
        const { method, headers, body } = init;
        exchange.request = { method, url, headers: new Headers(headers), body: body ?? '' };
        delete exchange.answer;
        const response = await globalThis.fetch(url, init);
        const text = await response.clone().text();
        exchange.answer = { status: response.status, statusText: response.statusText, headers: response.headers, text };
        return response;
      },
    });
    const { method, path, parameters, body } = callOf(draft);
    // The reader may choose any operation and type anything. The client's types would refuse some of that.
    const calls = client as unknown as Record<string, (path: string, init: object) => Promise<unknown>>;
    await calls[method]?.(path, { params: parameters, body });
  } catch (error) {
    exchange.problem =
      error instanceof BackupNetworkError
        ? await whyNoAnswer(draft.address)
        : `The client refuses: ${messageOf(error)}`;
  }
  return exchange;
}

/**
 * Finds out why no answer came, because a browser does not say it. A second request, without CORS and without a
 * credential, shows whether a provider answers at all.
 */
async function whyNoAnswer(address: string): Promise<string> {
  try {
    await fetch(address, { mode: 'no-cors', credentials: 'omit', signal: AbortSignal.timeout(5_000) });
    return (
      `A provider answers at ${address}, but does not let this page read its answers (CORS). The mock lets every ` +
      'page read them. For another provider, use the curl command below.'
    );
  } catch {
    const { port, protocol } = new URL(address);
    // The mock has no TLS.
    const remedy = protocol === 'http:' ? ` Start the mock: npx @koodrive-backup/mock --port ${port || 80}` : '';
    return (
      `Nothing answers at ${address}. If the browser asks whether this page may reach this machine or its network, ` +
      `allow it.${remedy}`
    );
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

// The page must not send a secret to another machine. Its policy allows only these hosts.
const thisMachine = ['127.0.0.1', 'localhost'];

/**
 * Returns what is wrong with an address, or `undefined` if the page may call it.
 */
export function addressProblem(address: string): string | undefined {
  if (!URL.canParse(address)) return 'Write an address such as http://127.0.0.1:4010';
  const { hostname, protocol } = new URL(address);
  if ((protocol === 'http:' || protocol === 'https:') && thisMachine.includes(hostname)) return undefined;
  return (
    'This page calls only this machine, at 127.0.0.1 or localhost, so that no credential leaves it. ' +
    'For another provider, use the curl command below.'
  );
}
