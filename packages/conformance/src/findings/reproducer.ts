import { randomBytes } from 'node:crypto';
import { canonicalRequest, type Pairs, signedNames } from '../http/app-signature.ts';
import type { Exchange, Identity } from '../http/session.ts';
import { type Call, pathOf, queryOf } from '../requests/call.ts';
import { idIn, type Kind } from '../requests/kinds.ts';
import { escaped, isPrintable, printing, quoted } from './shell.ts';

/** How a request is sent again: by a command, or else what stands in its way. */
type Reproduction = { curl: string } | { hint: string };

/** Writes requests as commands. */
export interface Reproducer {
  /** Learns what the provider has made for the suite: it is gone after the run, so commands leave it to the user. */
  observe(exchange: Exchange): void;
  /**
   * @param check The check that the request is for.
   * @param before What was sent in front, without which it would not be the same: a line each.
   */
  reproduce(exchange: Exchange, check: string, before?: readonly Exchange[]): Reproduction;
}

/** The id that an accepted exchange has made, and the name of its field. */
function madeIn(
  { call: { operation }, judgement }: Exchange,
  kinds: readonly Kind[],
): { field: string; id: string } | undefined {
  const kind = kinds.find(({ maker }) => maker.id === operation.id);
  const id = kind && judgement.isTaken ? idIn(judgement.envelope, kind.field) : undefined;
  return kind && id !== undefined ? { field: kind.field, id } : undefined;
}

/** The variable of the shell that stands for an id which is removed at the end of a run: LOCK_ID for lockId. */
const variableFor = (field: string): string => field.replace(/[A-Z]/g, '_$&').toUpperCase();

/** The longest command that is printed, in characters. */
const maxCommand = 10_000;

/** From this size on curl asks before it sends a body, and the suite does not, in bytes. */
const expectBytes = 1_048_576;

/** How much of a secret a command may show, in characters. */
const maxShown = 5;

/**
 * Commands of a POSIX shell with curl that send a run's requests again. They take secrets from the environment, by the
 * names that the command line of the suite knows, and X-Date from the clock.
 *
 * @param kinds What only the provider can make: it is gone after the run.
 * @param tokens Those of the run, by the variables of the shell that hold them.
 */
export function createReproducer(
  baseUrl: URL,
  main: Identity,
  kinds: readonly Kind[],
  tokens: Readonly<Record<string, string | undefined>>,
  seed: number,
): Reproducer {
  const made = new Map<string, { variable: string; goneWith?: number }>();
  const again = (check: string): string => `run the suite again with --only ${check} --seed ${seed}`;

  return {
    observe(exchange) {
      const { call, number, judgement } = exchange;
      const { headers, method, path } = call;
      if (!judgement.isTaken) return;
      const own = madeIn(exchange, kinds);
      if (own) made.set(own.id, { variable: variableFor(own.field) });
      if (method !== 'DELETE') return;
      const gone = Object.values(path);
      for (const value of gone.length > 0 ? gone : headers.map(([, text]) => text)) {
        const known = made.get(value);
        if (known) made.set(value, { goneWith: number, ...known });
      }
    },
    reproduce(exchange, check, before = []) {
      const kept = keptIds([...before, exchange], kinds);
      const lines: string[] = [];
      for (const one of [...before, exchange]) {
        const line = lineOf(one, check, kept);
        if ('hint' in line) return line;
        lines.push(line.curl);
      }
      return { curl: lines.join('\n') };
    },
  };

  function lineOf(exchange: Exchange, check: string, kept: ReadonlyMap<string, Kept>): Reproduction {
    const { credential, identity, request } = exchange;
    const isSigned = credential === 'app';
    if (isSigned && identity.app !== main.app) return { hint: `it is signed by another user: ${again(check)}` };
    const script = createScript();
    const variableOf = (value: string): string | undefined => {
      const { variable, goneWith = exchange.number } = made.get(value) ?? {};
      // What was gone before stays what it was: that may be the point.
      return kept.get(value)?.variable ?? (goneWith < exchange.number ? undefined : variable);
    };
    const call = withVariables(exchange, variableOf, script, isSigned);
    const authorizations = isSigned
      ? [signature(call, baseUrl, script)]
      : request.headers.filter(isAuthorization).map(([, value]) => withoutTokens(value, tokens, script));
    if (authorizations.includes(undefined)) {
      return { hint: `its credential is wrong on purpose, and made of the right one: ${again(check)}` };
    }
    const headers = [...authorizations.map((value) => ['Authorization', `${value}`] as const), ...call.headers];
    const keeping = [...kept.values()].find(({ by }) => by === exchange);
    const curl = commandOf({ ...call, headers }, baseUrl, script, keeping);
    if (curl.length > maxCommand) return { hint: `its body is too large for a command: ${again(check)}` };
    return { curl };
  }
}

/** An id that one line keeps for those after it. */
interface Kept {
  /** The exchange that has made it. */
  by: Exchange;
  field: string;
  variable: string;
}

/** The ids that exchanges have made for those after them, by id. */
function keptIds(exchanges: readonly Exchange[], kinds: readonly Kind[]): Map<string, Kept> {
  const kept = new Map<string, Kept>();
  for (const [i, by] of exchanges.entries()) {
    const own = madeIn(by, kinds);
    if (!own || !exchanges.slice(i + 1).some(({ call }) => namesOf(call).includes(own.id))) continue;
    const count = [...kept.values()].filter(({ field }) => field === own.field).length;
    kept.set(own.id, { by, field: own.field, variable: `${own.field.replace('Id', '')}${count + 1}` });
  }
  return kept;
}

/** What a call sends where ids are sent. */
const namesOf = ({ headers, path }: Call): string[] => [...headers.map(([, value]) => value), ...Object.values(path)];

/** A command in the making. */
interface Script {
  /** Gives a text that stands for what the shell puts in its place. */
  variable(expansion: string): string;
  /** A text as a word of the shell, with what its variables stand for. */
  word(text: string, encoding?: BufferEncoding): string;
  /** A command that prints a text, with what its variables stand for. */
  printing(text: string): string;
  /** What has to come before the command. */
  before: string[];
}

function createScript(): Script {
  // Of unreserved characters, so that it is the same in a URL, and of chance, so that nothing else is it.
  const mark = randomBytes(8).toString('hex');
  const expansions: string[] = [];
  const split = (text: string): { literal?: string; expansion?: string }[] =>
    text
      .split(mark)
      .map((part, i) => (i % 2 === 0 ? { literal: part } : { expansion: `"${expansions[Number(part)]}"` }));
  return {
    before: [],
    variable(expansion) {
      expansions.push(expansion);
      return `${mark}${expansions.length - 1}${mark}`;
    },
    word(text, encoding = 'utf8') {
      const parts = split(text).filter(({ literal }) => literal !== '');
      return parts.map(({ literal = '', expansion }) => expansion ?? literalWord(literal, encoding)).join('');
    },
    printing(text) {
      const parts = split(text);
      const format = parts.map(({ literal }) => (literal === undefined ? '%s' : '%b')).join('');
      const words = parts.map(({ literal = '', expansion }) => expansion ?? escaped(literal));
      return ['printf', format, ...words].join(' ');
    },
  };
}

/** Headers travel in Latin-1, where a shell has UTF-8. */
function literalWord(literal: string, encoding: BufferEncoding): string {
  return encoding === 'latin1' && /[^ -~]/.test(literal) ? quoted(Buffer.from(literal, encoding)) : quoted(literal);
}

/** The call with variables in place of what is gone after the run: the time, a live lock, and what a path names. */
function withVariables(
  { call, sentAt }: Exchange,
  variableOf: (value: string) => string | undefined,
  script: Script,
  isSigned: boolean,
): Call {
  const orVariable = (value: string): string => {
    const variable = variableOf(value);
    return variable === undefined ? value : script.variable(`$${variable}`);
  };
  function header([name, value]: readonly [string, string]): readonly [string, string] {
    const date = name.toLowerCase() === 'x-date' ? dateCommand(value, sentAt) : undefined;
    if (date === undefined) return [name, orVariable(value)];
    if (!isSigned) return [name, script.variable(date)];
    script.before.push(`date=${date}`);
    return [name, script.variable('$date')];
  }
  const path = Object.fromEntries(Object.entries(call.path).map(([name, value]) => [name, orVariable(value)]));
  return { ...call, path, headers: call.headers.map(header) };
}

/** A command for the time that is as far from now as an X-Date was; `undefined` where that was no time, or far off. */
function dateCommand(xDate: string, sentAt: number): string | undefined {
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(xDate) ?? [];
  const offset = Date.parse(`${y}-${m}-${d}T${h}:${min}:${s}Z`) / 1000 - Math.floor(sentAt / 1000);
  if (Number.isNaN(offset) || Math.abs(offset) > 100_000) return undefined;
  const form = '+%Y%m%dT%H%M%SZ';
  // What the suite takes for now is some moments ago.
  if (offset <= 0 && offset > -30) return `$(date -u ${form})`;
  // BSD's date reads the time after -r, GNU's after -d.
  return `$(t=$(($(date +%s) + ${offset})); date -u -r "$t" ${form} 2>/dev/null || date -u -d "@$t" ${form})`;
}

/** Authorization with a signature that the shell makes (errata, "The app signature, step by step"). */
function signature({ method, headers, query, body, ...call }: Call, baseUrl: URL, script: Script): string {
  const path = basePath(baseUrl) + pathOf({ method, headers, query, body, ...call });
  const signed = { method, path, query, headers: [['Host', baseUrl.host] as const, ...headers], body };
  const names = signedNames(signed.headers);
  const canonical = `${script.printing(canonicalRequest(signed, names))} | openssl dgst -sha256 -r | cut -c 1-64`;
  const text = `printf 'HMAC-SHA256\\n%s' "$(${canonical})"`;
  script.before.push(`signature=$(${text} | openssl dgst -sha256 -hmac "$KOODRIVE_APP_SECRET" -r | cut -c 1-64)`);
  const appId = script.variable('$KOODRIVE_APP_ID');
  return `HMAC-SHA256 AppId=${appId},SignedHeaders=${names.join(';')},Signature=${script.variable('$signature')}`;
}

/** Authorization with variables in place of tokens; `undefined` where it shows a secret in another way. */
function withoutTokens(
  value: string,
  tokens: Readonly<Record<string, string | undefined>>,
  script: Script,
): string | undefined {
  if (value.startsWith('HMAC-')) return undefined;
  const known = Object.entries(tokens).flatMap(([name, token]) => (token ? [[name, token] as const] : []));
  const [scheme = ''] = /^(bearer|at|basic)[ +]/i.exec(value) ?? [];
  for (const [name, token] of known) {
    if (value === token) return script.variable(`$${name}`);
    const cut = token.slice(0, -1);
    const parts = [
      { secret: token, expansion: `$${name}` },
      { secret: cut, expansion: `\${${name}%?}` },
    ];
    const part = parts.find(({ secret }) => secret !== '' && value.startsWith(scheme + secret));
    const rest = value.slice(scheme.length + (part?.secret.length ?? 0));
    if (part && !known.some(([, other]) => sharesText(rest, other))) {
      return scheme + script.variable(part.expansion) + rest;
    }
  }
  return known.some(([, token]) => sharesText(value, token)) ? undefined : value;
}

/** Whether more of a secret is in a text than may be shown. */
function sharesText(text: string, secret: string): boolean {
  const count = Math.max(secret.length - maxShown, 0);
  return Array.from({ length: count }, (_, i) => secret.slice(i, i + maxShown + 1)).some((part) => text.includes(part));
}

function commandOf(call: Call, baseUrl: URL, { before, word }: Script, keeping: Kept | undefined): string {
  const url = word(baseUrl.origin + basePath(baseUrl) + pathOf(call) + queryOf(call));
  const body = bodyOption(call);
  const headers = [...call.headers, ...unsetHeaders(call)].map((header) => `--header ${headerWord(header, word)}`);
  const curl = ['curl', '--include', '--request', call.method, url, ...headers, ...body.options].join(' ');
  const command = body.from === undefined ? curl : `${body.from} | ${curl}`;
  const { variable, field } = keeping ?? {};
  const kept = `${variable}=$(${command} | sed -n 's/.*"${field}" *: *"\\([^"]*\\)".*/\\1/p')`;
  return [...before, keeping ? kept : command].join('; ');
}

function headerWord([name, value]: readonly [string, string | undefined], word: Script['word']): string {
  if (value === undefined) return quoted(`${name}:`);
  // curl sends an empty header where its name ends in a semicolon.
  return value === '' ? quoted(`${name};`) : word(`${name}: ${value}`, 'latin1');
}

/** Headers that curl would send by itself with a body. */
function unsetHeaders({ method, headers, body }: Call): [string, undefined][] {
  if (!body && isWithoutBody(method)) return [];
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const expects = body !== undefined && body.length >= expectBytes;
  return [...(hasType ? [] : ['Content-Type']), ...(expects ? ['Expect'] : [])].map((name) => [name, undefined]);
}

function bodyOption({ method, body }: Call): { options: string[]; from?: string } {
  if (!body) return { options: isWithoutBody(method) ? [] : ['--data-raw', "''"] };
  const text = body.toString();
  const isText = Buffer.from(text).equals(body) && isPrintable(text) && !/(.)\1{63}/u.test(text);
  if (isText) return { options: ['--data-raw', quoted(text)] };
  return { options: ['--data-binary', '@-'], from: printing(body) };
}

const isWithoutBody = (method: string): boolean => ['GET', 'HEAD'].includes(method);

const isAuthorization = ([name]: Pairs[number]): boolean => name === 'Authorization';

const basePath = ({ pathname }: URL): string => pathname.replace(/\/$/, '');
