import { randomUUID } from 'node:crypto';
import type { MadeBy, Operation } from '@koodrive-backup/spec/contract';
import type { RequestCheck } from '../check.ts';
import type { Exchange } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';
import { type Change, living, otherUser } from './life.ts';

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
    const places = contract.operations.flatMap(placesOf);
    for (const maker of new Set(places.map(({ madeBy }) => madeBy.operation))) {
      const ofMaker = places.filter(({ madeBy }) => madeBy.operation === maker);
      const [first] = ofMaker;
      const make = first && fixtures.make(first.madeBy);
      // The suite does not make cursors: a list returns them.
      if (!make) continue;
      const id = await make();
      for (const { operation, name, change } of ofMaker) {
        const ask = async (sent: string): Promise<Told> =>
          toldIn(await send(operation.id, { ...change(sent), as: other }), sent);
        const nothing = await ask(unknownLike(id, 1));
        const theirs = await ask(id);
        const nothingEither = await ask(unknownLike(id, 2));
        // A message that is never the same twice, for a time or a number in it, tells nothing of the id.
        const isSame =
          theirs.outcome === nothing.outcome && (theirs.msg === nothing.msg || nothing.msg !== nothingEither.msg);
        const expected = `another user's ${name} answered for as one that names nothing: ${wordsOf(nothing)}`;
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

/** Where an operation takes a value that only the provider can make. */
interface Place {
  operation: Operation;
  name: string;
  madeBy: MadeBy;
  /** What puts a value there. */
  change: (value: string) => Change;
}

function placesOf(operation: Operation): Place[] {
  const inParameters = operation.parameters.flatMap(({ in: place, name, madeBy }): Place[] => {
    const key = place === 'header' ? 'headers' : place;
    return madeBy ? [{ operation, name, madeBy, change: (value) => ({ [key]: { [name]: value } }) }] : [];
  });
  const fields = Object.entries(operation.body?.schema.properties ?? {});
  const inBody = fields.flatMap(([name, { 'x-made-by': madeBy }]): Place[] =>
    madeBy ? [{ operation, name, madeBy, change: (value) => ({ fields: { [name]: value } }) }] : [],
  );
  return [...inParameters, ...inBody];
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
