import { tamperings } from '../../src/checks/credentials.ts';
import { appAuthorization, signedNames } from '../../src/http/app-signature.ts';
import type { Message } from '../provider.ts';
import {
  create,
  type Fault,
  header,
  is,
  refused,
  requests,
  setHeader,
  trusted,
  type World,
  type Wrap,
  xDate,
} from './parts.ts';

const signed = (request: Message): boolean => header(request, 'authorization')?.startsWith('HMAC') ?? false;

/** Whether a signature belongs to the request with one part altered. */
const isSignedOtherwise = (request: Message, { app }: World, part: string): boolean => {
  const { tamper } = tamperings.find((one) => one.part === part) ?? {};
  if (!tamper) throw new Error(`the suite tampers with no ${part}`);
  const [path = '', query = ''] = request.target.split('?');
  const body = request.body.length > 0 ? request.body : undefined;
  const message = {
    method: request.method,
    path,
    query: [...new URLSearchParams(query)],
    headers: request.headers,
    body,
  };
  return header(request, 'authorization') === appAuthorization(app, tamper(message), signedNames(request.headers));
};

const signatureWithout = (part: string): Fault => [
  `a signature does not cover ${part}`,
  `signature-${part}`,
  requests((request, world) => (isSignedOtherwise(request, world, part) ? trusted(request, world) : request)),
];

/** Accepts a credential of the main user that the server would refuse. */
const accepting = (isAccepted: (authorization: string, request: Message, world: World) => boolean): Wrap =>
  requests((request, world) =>
    header(request, 'x-user-id') === world.userId && isAccepted(header(request, 'authorization') ?? '', request, world)
      ? trusted(request, world)
      : request,
  );

const dated = (isForgiven: (age: number) => boolean): Wrap =>
  requests((request, world) => {
    const text = (header(request, 'x-date') ?? '').replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      '$1-$2-$3T$4:$5:$6Z',
    );
    const age = (Date.now() - Date.parse(text)) / 1000;
    return isForgiven(age) ? setHeader(trusted(request, world), 'x-date', xDate()) : request;
  });

export const authenticationFaults: Fault[] = [
  ['no credential is needed', 'no-credential-refused', accepting((value) => value === '')],
  [
    'no credential is needed to read',
    'no-credential-refused',
    accepting((value, { method }) => value === '' && method === 'GET'),
  ],
  [
    'no credential is needed to release a lock',
    'no-credential-refused',
    accepting((value, request) => value === '' && is(request, 'DELETE', '/lock')),
  ],
  [
    'an empty credential is enough',
    'no-credential-refused',
    requests((request, world) => (header(request, 'authorization') === '' ? trusted(request, world) : request)),
  ],
  ['any token is good', 'token-wrong-refused', accepting((value) => /^Bearer\+./.test(value))],
  [
    'a token is compared by its start',
    'token-wrong-refused',
    accepting((value, _, { token }) => value.startsWith(`Bearer+${token.slice(0, 10)}`)),
  ],
  [
    'a token is good under any scheme',
    'token-wrong-refused',
    accepting((value, _, { token }) => value.endsWith(` ${token}`)),
  ],
  ['a scheme is enough', 'token-wrong-refused', accepting((value) => /^Bearer\+?$/.test(value))],
  [
    'any token is good to list devices',
    'token-wrong-refused',
    accepting((value, request) => /^Bearer\+./.test(value) && is(request, 'GET', '/device')),
  ],
  [
    'a token never expires',
    'token-expired-refused',
    accepting((value, _, { expiredToken }) => value === `Bearer+${expiredToken}`),
  ],
  [
    'X-User-Id is believed',
    'user-other-refused',
    requests((request, { userId, token }) => {
      const sent = request.headers.filter(([name]) => name.toLowerCase() === 'x-user-id');
      const isOne = sent.length === 1 && /^[!-~]+$/.test(sent[0]?.[1] ?? '');
      const isOwn = header(request, 'authorization')?.endsWith(token);
      return isOne && isOwn ? setHeader(request, 'x-user-id', userId) : request;
    }),
  ],
  [
    'X-User-Id is compared by its start',
    'user-other-refused',
    requests((request, { userId }) =>
      !signed(request) && header(request, 'x-user-id')?.startsWith(userId)
        ? setHeader(request, 'x-user-id', userId)
        : request,
    ),
  ],
  ['signatures are not checked', 'signature-secret', accepting((_, request) => signed(request))],
  [
    'an unknown app is let in',
    'signature-secret',
    accepting((value, _, { app }) => value.startsWith('HMAC') && !value.includes(app.appId)),
  ],
  ...tamperings.map(({ part }) => signatureWithout(part)),
  [
    'x-date need not be signed',
    'signature-names',
    accepting((value) => value.startsWith('HMAC') && !/SignedHeaders=[^,]*x-date/.test(value)),
  ],
  [
    'x-user-id need not be signed',
    'signature-names',
    accepting((value) => value.startsWith('HMAC') && !/SignedHeaders=[^,]*x-user-id/.test(value)),
  ],
  [
    'a signed header may be absent',
    'signature-names',
    accepting((value) => value.startsWith('HMAC') && /SignedHeaders=[^,]*x-none/.test(value)),
  ],
  ['signed headers may come in any order', 'signature-order', accepting((value) => value.includes('x-user-id;x-date'))],
  [
    'a signature is compared by its start',
    'signature-form',
    accepting(
      (value, request, { app }) =>
        signed(request) && value.includes(app.appId) && (/Signature=([0-9a-f]*)$/.exec(value)?.[1]?.length ?? 64) < 64,
    ),
  ],
  [
    'the algorithm is not looked at',
    'signature-form',
    requests((request) =>
      setHeader(request, 'authorization', (header(request, 'authorization') ?? '').replace('HMAC-NONE', 'HMAC-SHA256')),
    ),
  ],
  ['an empty signature is good', 'signature-form', accepting((value) => value.endsWith('Signature='))],
  ['X-Date may be 16 minutes old', 'date-old-refused', dated((age) => age > 900 && age <= 960)],
  ['X-Date may be a second too old', 'date-old-refused', dated((age) => age > 900 && age < 904)],
  ['X-Date may be of any age', 'date-old-refused', dated((age) => age > 900)],
  ['X-Date may be 5 minutes ahead', 'date-ahead-refused', dated((age) => age < 0 && age > -300)],
  ['X-Date may be some seconds ahead', 'date-ahead-refused', dated((age) => age < 0 && age > -5)],
  ['X-Date may be in the next year', 'date-ahead-refused', dated((age) => age < -3_000_000)],
  [
    'X-Date must be of the last 5 minutes',
    'date-in-window-accepted',
    () => async (request, forward) => {
      const text = (header(request, 'x-date') ?? '').replace(
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
        '$1-$2-$3T$4:$5:$6Z',
      );
      return Date.now() - Date.parse(text) > 300_000 ? refused(401, 401) : forward(request);
    },
  ],
  [
    'what is refused for its credential is done',
    'refused-changes-nothing',
    (world) => async (request, forward) => {
      const answer = await forward(request);
      if (answer.status === 401 && create(request)) await forward(trusted(request, world));
      return answer;
    },
  ],
];
