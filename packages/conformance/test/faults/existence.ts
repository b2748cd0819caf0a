import type { Answered, Message } from '../provider.ts';
import { answered, type Fault, header, isOk, type World, type Wrap } from './parts.ts';

type Forward = (request: Message) => Promise<Answered>;

const refusal = (status: number, code: number, msg: string): Answered => answered(status, { code, msg });

/** Returns a GET of the same target by the main user, whose things the other user asks for. */
const asOwner = ({ target, headers }: Message, { userId, token }: World): Message => ({
  method: 'GET',
  target,
  headers: [
    ...headers.filter(([name]) => !/^(authorization|x-user-id|content-type|x-backup-lock-id)$/i.test(name)),
    ['authorization', `Bearer+${token}`],
    ['x-user-id', userId],
  ],
  body: Buffer.alloc(0),
});

/** Refuses in another way if the requested thing belongs to another user. */
const telling =
  (
    isAsked: (request: Message) => boolean,
    isTheirs: (request: Message, forward: Forward, world: World) => Promise<boolean>,
    told: (isTheirs: boolean, refused: Answered, request: Message) => Answered,
  ): Wrap =>
  (world) =>
  async (request, forward) => {
    const answer = await forward(request);
    if (isOk(answer) || !isAsked(request)) return answer;
    return told(await isTheirs(request, forward, world), answer, request);
  };

const lastOf = (target: string): string => target.split('/').at(-1) ?? '';

/** Faults that reveal to a user that another user has something. */
export const existenceFaults: Fault[] = [
  [
    "another user's record is refused as forbidden",
    'existence-hidden',
    telling(
      ({ method, target }) => method === 'GET' && target.includes('/record/'),
      async (request, forward, world) => isOk(await forward(asOwner(request, world))),
      (isTheirs, refused) => (isTheirs ? refusal(403, 403, 'Forbidden.') : refused),
    ),
  ],
  [
    "another user's record is refused with a code of its own where it is deleted",
    'existence-hidden',
    telling(
      ({ method, target }) => method === 'DELETE' && target.includes('/record/'),
      async (request, forward, world) => isOk(await forward(asOwner(request, world))),
      (isTheirs, { status }) => refusal(status, isTheirs ? 13000102 : 13000309, 'The resource does not exist.'),
    ),
  ],
  [
    "another user's device is refused in words of its own, beside its id",
    'existence-hidden',
    telling(
      ({ method, target }) => method === 'DELETE' && target.includes('/device/'),
      async (request, forward, world) => {
        const target = request.target.replace(/\/[^/]+$/, '');
        const { body } = await forward(asOwner({ ...request, target }, world));
        return JSON.parse(body.toString()).data?.some(
          ({ deviceId }: { deviceId: string }) => deviceId === lastOf(request.target),
        );
      },
      (isTheirs, { status }, { target }) =>
        refusal(status, 13000309, `Device ${lastOf(target)} ${isTheirs ? 'is not yours' : 'does not exist'}.`),
    ),
  ],
  [
    "a lock is refused as held where it is another user's",
    'existence-hidden',
    () => {
      const holders = new Map<string, string>();
      return async (request, forward) => {
        const answer = await forward(request);
        const user = header(request, 'x-user-id') ?? '';
        if (request.method === 'POST' && request.target.endsWith('/lock') && isOk(answer)) {
          holders.set(JSON.parse(answer.body.toString()).data.lockId, user);
        }
        const holder = holders.get(header(request, 'x-backup-lock-id') ?? '');
        const isTheirs = answer.status === 409 && holder !== undefined && holder !== user;
        return isTheirs ? refusal(409, 409, 'The lock is held by another user.') : answer;
      };
    },
  ],
];
