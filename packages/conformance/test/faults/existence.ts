import type { FaultyProvider, World } from '../faulty-providers.ts';
import type { Answered, Message } from '../provider.ts';

type Forward = (request: Message) => Promise<Answered>;

const refusal = (status: number, code: number, msg: string): Answered => ({
  status,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(JSON.stringify({ code, msg })),
});

/** The same request as the other of the two users, who reads alone. */
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

/** Refuses otherwise where what is refused to one user is another's. */
const telling =
  (
    isAsked: (request: Message) => boolean,
    isTheirs: (request: Message, forward: Forward, world: World) => Promise<boolean>,
    told: (isTheirs: boolean, refused: Answered, request: Message) => Answered,
  ): FaultyProvider['wrap'] =>
  (world) =>
  async (request, forward) => {
    const answer = await forward(request);
    if (answer.status === 200 || !isAsked(request)) return answer;
    return told(await isTheirs(request, forward, world), answer, request);
  };

const lastOf = (target: string): string => target.split('/').at(-1) ?? '';

/** What tells a user that another has something. */
export const existenceFaults: [name: string, check: string, wrap: FaultyProvider['wrap']][] = [
  [
    "another user's record is refused as forbidden",
    'existence-hidden',
    telling(
      ({ method, target }) => method === 'GET' && target.includes('/record/'),
      async (request, forward, world) => (await forward(asOwner(request, world))).status === 200,
      (isTheirs, refused) => (isTheirs ? refusal(403, 403, 'Forbidden.') : refused),
    ),
  ],
  [
    "another user's record is refused with a code of its own where it is deleted",
    'existence-hidden',
    telling(
      ({ method, target }) => method === 'DELETE' && target.includes('/record/'),
      async (request, forward, world) => (await forward(asOwner(request, world))).status === 200,
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
      const of = ({ headers }: Message, name: string): string | undefined =>
        headers.find(([sent]) => sent.toLowerCase() === name)?.[1];
      return async (request, forward) => {
        const answer = await forward(request);
        const user = of(request, 'x-user-id') ?? '';
        if (request.method === 'POST' && request.target.endsWith('/lock') && answer.status === 200) {
          holders.set(JSON.parse(answer.body.toString()).data.lockId, user);
        }
        const holder = holders.get(of(request, 'x-backup-lock-id') ?? '');
        const isTheirs = answer.status === 409 && holder !== undefined && holder !== user;
        return isTheirs ? refusal(409, 409, 'The lock is held by another user.') : answer;
      };
    },
  ],
];
