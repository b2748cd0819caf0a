import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { type Store, StoreUnavailable } from '../store/store.ts';
import { stringToSign } from './canonical-request.ts';
import { findAppSql, hashToken, newApp } from './credentials.ts';
import { decrypt, encrypt, type Keys } from './keys.ts';
import { findTokenSql, prolongToken, tokenMs } from './tokens.ts';

/** How old X-Date may be, in milliseconds. */
const windowMs = contract.components.parameters.Date['x-lifetime-seconds'] * 1000;

/** How long what was read of a token is good, in milliseconds: of a busy client's it is read once in that time. */
const rememberedMs = 1000;
/** Of how many tokens it is kept at most. */
const mostRemembered = 10_000;

/** Whom a request comes from, or why it is refused. */
type Authentication = { userId: string } | { refusal: string };

/** Tells whom a request comes from. */
export type Authenticate = (request: IncomingMessage, body: Buffer) => Promise<Authentication>;

// One answer for all, so that it does not tell who exists.
const unknown = { refusal: 'header.Authorization is no valid credential of the user in header.X-User-Id' };
const outOfTime = { refusal: `header.X-Date must not be later than now, nor older than ${windowMs / 60_000} minutes` };

/**
 * Makes the function that authenticates requests as the vendor's page says: by access token or app signature, for the
 * user of X-User-Id, at the time of X-Date. For users that exist and users that do not, the same is done.
 *
 * @param now The clock, in milliseconds since the Unix epoch.
 */
export function createAuthenticate(store: Store, keys: Keys, now: () => number): Authenticate {
  // What is checked where there is no such app.
  const nobody = newApp();
  const nobodysSecret = encrypt(keys.secrets, nobody.appSecret, nobody.appId);

  const remembered = new Map<string, Token>();

  /** Only for whom a token lets in is it remembered: for all who are turned away the same is done. */
  async function findToken(token: string, askedBy: unknown): Promise<Token | undefined> {
    const hash = hashToken(token);
    const known = remembered.get(hash);
    if (known && known.userId === askedBy && isFresh(known)) return known;
    const [row] = await store.read(findTokenSql, hash);
    if (!row || Number(row.expires_at) <= now()) return undefined;
    const found = { hash, userId: String(row.user_id), expiresAt: Number(row.expires_at), readAt: now() };
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(hash, found);
    return found;
  }

  function isFresh({ readAt, expiresAt }: Token): boolean {
    const time = now();
    return readAt <= time && time < readAt + rememberedMs && time < expiresAt;
  }

  /** A store that cannot write now, such as one whose disk is full, must not keep a token that is good from reading. */
  async function prolong(token: Token): Promise<void> {
    try {
      token.expiresAt = await store.transact(prolongToken, token.hash, now());
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  async function userOfSignature(
    signed: Signature,
    request: IncomingMessage,
    body: Buffer,
  ): Promise<string | undefined> {
    const [row] = await store.read(findAppSql, signed.appId);
    const secret = row
      ? decrypt(keys.secrets, String(row.secret), signed.appId)
      : decrypt(keys.secrets, nobodysSecret, nobody.appId);
    const headers = signedHeaders(signed.names, request);
    const { method = '', url: target = '' } = request;
    const text = stringToSign({ method, target, headers: headers ?? [], body });
    const expected = createHmac('sha256', secret).update(text).digest();
    const matches = timingSafeEqual(expected, Buffer.from(signed.signature, 'hex'));
    return row && headers && matches ? String(row.user_id) : undefined;
  }

  return async (request, body) => {
    const { authorization = '', 'x-user-id': asked, 'x-date': date = '' } = request.headers;
    const signed = parseSignature(authorization);
    const [, bare] = /^(?:bearer|at)[ +](.+)$/is.exec(authorization) ?? [];
    const token = bare === undefined ? undefined : await findToken(bare, asked);
    const userId = signed ? await userOfSignature(signed, request, body) : token?.userId;
    // Without X-User-Id the request is refused later, as the contract has it: by the name of the header.
    if (userId === undefined || (asked && asked !== userId)) return unknown;
    const time = timeOfXDate(`${date}`);
    // So it is where X-Date is missing, or has another form.
    if (time !== undefined && !(time <= now() && time >= now() - windowMs)) return outOfTime;
    // Only who is let in has used it.
    if (token && token.expiresAt < now() + tokenMs) await prolong(token);
    return { userId };
  };
}

interface Token {
  hash: string;
  userId: string;
  /** In milliseconds since the Unix epoch, like all times here. */
  expiresAt: number;
  readAt: number;
}

interface Signature {
  appId: string;
  names: string[];
  signature: string;
}

/** Reads the header's form (the vendor's plain API reference, `koodrive_05_0031`). */
function parseSignature(authorization: string): Signature | undefined {
  const form = /^HMAC-SHA256 AppId=([^ ,]+),SignedHeaders=([a-z0-9\-;]+),Signature=([\da-f]{64})$/;
  const [, appId, names, signature] = form.exec(authorization) ?? [];
  return appId && names && signature ? { appId, names: names.split(';'), signature } : undefined;
}

const mustBeSigned = ['x-date', 'x-user-id'];

/** The values of the signed headers. `undefined` where one is not there once, or the names are not as they must be. */
function signedHeaders(names: string[], { headersDistinct }: IncomingMessage): [string, string][] | undefined {
  const isInOrder = names.every((name, i) => i === 0 || (names[i - 1] ?? '') < name);
  if (!isInOrder || !mustBeSigned.every((name) => names.includes(name))) return undefined;
  const headers: [string, string][] = [];
  for (const name of names) {
    const [value, ...more] = headersDistinct[name] ?? [];
    if (value === undefined || more.length > 0) return undefined;
    headers.push([name, value]);
  }
  return headers;
}

const xDateForm = new RegExp(contract.components.parameters.Date.schema.pattern, 'u');

// Seconds are what X-Date counts: most requests bring the one of the request before.
let lastXDate = { text: '', time: undefined as number | undefined };

function timeOfXDate(text: string): number | undefined {
  if (text !== lastXDate.text) lastXDate = { text, time: parseXDate(text) };
  return lastXDate.time;
}

/** The time of X-Date in milliseconds since the Unix epoch: NaN where no calendar has it, `undefined` in another form. */
function parseXDate(text: string): number | undefined {
  if (!xDateForm.test(text)) return undefined;
  const iso = text.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6.000Z');
  const time = Date.parse(iso);
  // The parser takes 30 February for a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString() === iso ? time : Number.NaN;
}
