import { randomUUID } from 'node:crypto';
import type { Operation } from '@koodrive-backup/spec/contract';
import type { RequestCheck } from '../check.ts';
import type { Exchange } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';
import { type Change, living, otherUser } from './life.ts';

/** The names by which requests give ids, and how the suite comes by one of each kind. */
const kinds = ['recordId', 'deviceId', 'x-backup-lock-id'] as const;

type Kind = (typeof kinds)[number];

/** The check of what refusals give away. */
export const existenceCheck: RequestCheck = living(
  'existence-hidden',
  "Another user's record, device or lock is answered for as one that does not exist: same status, code and message.",
  'errata.md#e15',
  'getBackupRecord',
  async (life) => {
    const other = otherUser(life);
    const { suite, send, see } = life;
    const { contract, fixtures } = suite;
    const obtain: Record<Kind, () => Promise<string>> = {
      recordId: async () => String((await fixtures.createRecord()).recordId),
      deviceId: () => fixtures.bindDevice(),
      'x-backup-lock-id': () => fixtures.takeLock(),
    };
    for (const kind of kinds) {
      const places = contract.operations.flatMap((operation) => placesOf(operation, kind));
      const id = await obtain[kind]();
      for (const { operation, change } of places) {
        const ask = async (sent: string): Promise<Told> =>
          toldIn(await send(operation.id, { ...change(sent), as: other }), sent);
        const nothing = await ask(unknownLike(id, 1));
        const theirs = await ask(id);
        const nothingEither = await ask(unknownLike(id, 2));
        // A message that is never the same twice, for a time or a number in it, tells nothing of the id.
        const isSame =
          theirs.outcome === nothing.outcome && (theirs.msg === nothing.msg || nothing.msg !== nothingEither.msg);
        const expected = `another user's ${kind} answered for as one that names nothing: ${wordsOf(nothing)}`;
        see(operation.id, isSame, expected, wordsOf(theirs), theirs.exchange);
      }
    }
  },
);

/** What an answer tells of the id that was asked for. */
interface Told {
  exchange: Exchange;
  /** The status, the code, and what a success has. */
  outcome: string;
  /** The message, without the id itself. */
  msg: unknown;
}

function toldIn(exchange: Exchange, id: string): Told {
  const { answer, failure, judgement } = exchange;
  const { code, msg, data } = judgement.envelope ?? {};
  const fields = isObject(data) ? `, with ${Object.keys(data).sort().join(', ')}` : '';
  return {
    exchange,
    outcome: failure?.message ?? `status ${answer?.status}, code ${JSON.stringify(code)}${fields}`,
    msg: typeof msg === 'string' ? msg.replaceAll(id, '<id>') : msg,
  };
}

const wordsOf = ({ outcome, msg }: Told): string => `${outcome}, msg ${JSON.stringify(msg)}`;

/** Where an operation takes an id of a kind, and how it is put there. */
function placesOf(operation: Operation, kind: Kind): { operation: Operation; change: (id: string) => Change }[] {
  const parameter = operation.parameters.find(({ name }) => name === kind);
  const isField = kind in (operation.body?.schema.properties ?? {});
  if (isField) return [{ operation, change: (id) => ({ fields: { [kind]: id } }) }];
  if (!parameter) return [];
  const key = parameter.in === 'header' ? 'headers' : parameter.in;
  return [{ operation, change: (id) => ({ [key]: { [kind]: id } }) }];
}

/** An id that names nothing, of the same form as one that does: the form must not be what an answer differs for. */
function unknownLike(id: string, nth: number): string {
  // Not the next one, which may have been given to somebody meanwhile.
  if (/^\d+$/.test(id)) return String(BigInt.asUintN(62, BigInt(id)) + BigInt(nth) * 1_000_003n);
  const uuid = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i;
  if (uuid.test(id)) return id.replace(uuid, randomUUID());
  const half = Math.floor(id.length / 2);
  return id.slice(0, half) + id.slice(half).replace(/[\da-z]/gi, (character) => shifted(character, nth));
}

/** A character some places on among the digits, or the letters of its case. */
function shifted(character: string, by: number): string {
  const alphabet = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const [own = character] = alphabet.filter((characters) => characters.includes(character));
  return own.charAt((own.indexOf(character) + by) % own.length);
}
