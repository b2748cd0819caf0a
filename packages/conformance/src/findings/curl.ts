import type { Exchange } from '../http/session.ts';
import { type Call, pathOf, queryOf } from '../requests/call.ts';
import { idIn, type Kind } from '../requests/kinds.ts';

/** Writes requests as commands of a POSIX shell. */
export interface CurlWriter {
  /** Learns the ids that the run created. They are gone after the run, so a command has variables for them. */
  observe(exchange: Exchange): void;
  /**
   * Returns a curl command for a single request with a token or without a credential. Returns `undefined` for any
   * other, which only a replay of the report sends again.
   */
  lineOf(exchange: Exchange): string | undefined;
}

/** The longest body that a command contains, in UTF-16 code units. */
const maxBody = 2_000;

/** An X-Date that was at most this old when it was sent, in milliseconds, stands for now. */
const maxAge = 30_000;

/**
 * Creates the writer of one run.
 *
 * @param kinds The things that only the provider can create.
 * @param tokens The tokens of the run, by the environment variables that hold them.
 */
export function createCurlWriter(
  baseUrl: URL,
  kinds: readonly Kind[],
  tokens: Readonly<Record<string, string | undefined>>,
): CurlWriter {
  const created = new Map<string, { variable: string; goneWith?: number }>();
  const prefix = baseUrl.origin + baseUrl.pathname.replace(/\/$/, '').replaceAll("'", '%27');

  /** Returns the variable for an id that was removed after this request. An id that was gone before stays as it is. */
  function variableOf(value: string, number: number): string | undefined {
    const { variable, goneWith = number } = created.get(value) ?? {};
    return goneWith < number ? undefined : variable;
  }

  function authorizationOf({ request }: Exchange): string[] | undefined {
    const words = request.headers
      .filter(([name]) => name === 'Authorization')
      .map(([, value]) => (value === '' ? quoted('Authorization;') : tokenWord(value, tokens)));
    return words.every((word) => word !== undefined) ? words : undefined;
  }

  return {
    observe({ call, number, judgement }) {
      if (!judgement.isTaken) return;
      const kind = kinds.find(({ maker }) => maker.id === call.operation.id);
      const id = kind && idIn(judgement.envelope, kind.field);
      if (kind && id !== undefined) created.set(id, { variable: variableFor(kind.field) });
      if (call.method !== 'DELETE') return;
      const inPath = Object.values(call.path);
      for (const value of inPath.length > 0 ? inPath : call.headers.map(([, text]) => text)) {
        const known = created.get(value);
        if (known) created.set(value, { goneWith: number, ...known });
      }
    },
    lineOf(exchange) {
      const { call, credential, number, sentAt } = exchange;
      const authorization = credential === 'app' ? undefined : authorizationOf(exchange);
      const headers = call.headers.map(([name, value]) => {
        const variable = name.toLowerCase() === 'x-date' ? dateCommand(value, sentAt) : variableOf(value, number);
        return headerWord(name, value, variable);
      });
      const body = bodyWords(call);
      if (!authorization || !body || headers.includes(undefined)) return undefined;
      const segments = pathOf(call)
        .split('/')
        .map((segment) => {
          const variable = variableOf(decodeURIComponent(segment), number);
          return variable === undefined ? segment : `'"${variable}"'`;
        });
      const url = `'${prefix}${segments.join('/')}${queryOf(call)}'`;
      const options = [...authorization, ...headers].map((word) => `--header ${word}`);
      return ['curl', '--include', '--request', call.method, url, ...options, ...body].join(' ');
    },
  };
}

/** Returns the variable for an id: `$LOCK_ID` for `lockId`. */
const variableFor = (field: string): string => `$${field.replace(/[A-Z]/g, '_$&').toUpperCase()}`;

/** Returns Authorization with a variable for the token; `undefined` if its value is not exactly a token of the run. */
function tokenWord(value: string, tokens: Readonly<Record<string, string | undefined>>): string | undefined {
  for (const [variable, token] of Object.entries(tokens)) {
    if (!token || !value.endsWith(token)) continue;
    const scheme = value.slice(0, -token.length);
    if (/^((bearer|at)[ +])?$/i.test(scheme)) return `"Authorization: ${scheme}$${variable}"`;
  }
  return undefined;
}

/** Returns the shell command for the current time if an X-Date meant now, otherwise `undefined`. */
function dateCommand(xDate: string, sentAt: number): string | undefined {
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(xDate) ?? [];
  const age = sentAt - Date.parse(`${y}-${m}-${d}T${h}:${min}:${s}Z`);
  return age >= 0 && age <= maxAge ? '$(date -u +%Y%m%dT%H%M%SZ)' : undefined;
}

function headerWord(name: string, value: string, variable: string | undefined): string | undefined {
  if (variable !== undefined) return `"${name}: ${variable}"`;
  // An X-Date relative to now, such as an old one, has another meaning when the command runs.
  if (name.toLowerCase() === 'x-date' && /^\d{8}T\d{6}Z$/.test(value)) return undefined;
  if (/[^ -~]/.test(value)) return undefined;
  // curl sends an empty header if its name ends in a semicolon.
  return quoted(value === '' ? `${name};` : `${name}: ${value}`);
}

/**
 * Returns the options that send the body, without the Content-Type that curl would add. Returns `undefined` if a shell
 * cannot hold the body.
 */
function bodyWords({ method, headers, body }: Call): string[] | undefined {
  if (!body && ['GET', 'HEAD'].includes(method)) return [];
  const text = `${body ?? ''}`;
  const isText = body === undefined || Buffer.from(text).equals(body);
  // Control and formatting characters do not survive a terminal.
  if (!isText || text.length > maxBody || /[\p{C}\p{Zl}\p{Zp}]/u.test(text)) return undefined;
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  return [...(hasType ? [] : [`--header ${quoted('Content-Type:')}`]), `--data-raw ${quoted(text)}`];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
