import { randomBytes } from 'node:crypto';
import type { Case, CaseCheck, Need, Suite } from '../check.ts';
import { type App, appAuthorization, type Pairs, type Signed, signedNames } from '../http/app-signature.ts';
import { timeOf } from '../http/clock.ts';
import { tokenAuthorization } from '../http/outgoing.ts';
import type { Identity } from '../http/session.ts';
import { type Call, withFields, withValues } from '../requests/call.ts';
import { securityPointer } from '../requests/faults.ts';
import { jsonFields } from '../requests/kinds.ts';
import { dateSeconds } from '../requests/lifetimes.ts';
import { nearMisses } from '../requests/near-misses.ts';

/** Requests that must be refused for their credential. */
interface Forged {
  /** The identity whose request, without forgery, must be accepted. */
  twin: Identity;
  /** Forgeries that every operation gets. */
  forgeries: Forgery[];
  /** Forgeries of which each operation gets some, because a provider decides about credentials in one place. */
  shared?: Forgery[];
}

type Forgery = Pick<Case, 'name' | 'authorizations' | 'authorize' | 'holds'> & { call?: Call };

/** Creates forgeries of an accepted call, or returns the reason why the suite cannot. */
type Forge = (call: Call, suite: Suite) => Forged[] | string;

const tokenWrong = forging(
  'token-wrong-refused',
  'A token that was never issued is refused.',
  ['token'],
  (_, { main }) => {
    const { token } = main;
    if (token === undefined) return 'there is no token';
    const bare = token.replace(/^(bearer|at)[ +]/i, '');
    const altered = bare.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const forged = (values: [string, string][]): Forgery[] =>
      values.map(([name, value]) => ({ name, authorizations: [value] }));
    const each = forged([
      ['a token with its last character altered', `Bearer+${altered}`],
      ['a made-up token', `Bearer+${randomBytes(24).toString('hex')}`],
    ]);
    const shared = forged([
      ...nearMisses(bare).map(([name, value]): [string, string] => [`a token ${name}`, `Bearer+${value}`]),
      ['a scheme without a token', 'Bearer+'],
      ['the token under another scheme', `Basic ${bare}`],
      ['the user id for a token', `Bearer+${main.userId}`],
      ["' OR '1'='1", "Bearer+' OR '1'='1"],
    ]);
    return [{ twin: tokenOf(main), forgeries: each, shared }];
  },
);

const tokenExpired = forging(
  'token-expired-refused',
  'A token that has expired is refused.',
  ['expiredToken'],
  (_, { main, expiredToken }) => {
    if (expiredToken === undefined) return 'there is no expired token';
    const forgery = { name: 'an expired token', authorizations: [tokenAuthorization(expiredToken)] };
    return [{ twin: main, forgeries: [forgery] }];
  },
);

/** Only a token belongs to one user: the provider decides for which users an app may act (errata, E30). */
const userOther = forging(
  'user-other-refused',
  "A token is accepted only with its own user's X-User-Id.",
  ['token'],
  (call, { main, other }) => {
    if (main.token === undefined) return 'there is no token';
    const forged = ([name, id]: [string, string]): Forgery => ({
      name: `an X-User-Id ${name}`,
      call: withValues(call, 'header', 'X-User-Id', [id]),
    });
    const forgeries = other ? [forged(['of another user', other.userId])] : [];
    return [{ twin: tokenOf(main), forgeries, shared: nearMisses(main.userId).map(forged) }];
  },
);

const dateAhead = forging(
  'date-ahead-refused',
  'An X-Date in the future of the provider is refused.',
  [],
  (call, { main, clock }) =>
    !clock.isLearnt
      ? noDate
      : credentialsOf(main).map((twin) => ({
          twin,
          forgeries: [],
          shared: [1, 30, 120, 800, 86_400, 40_000_000].map((seconds) => {
            const date = clock.future(seconds);
            const holds = (): boolean => clock.now().latest <= timeOf(date);
            return { name: `an X-Date ${seconds} s ahead of now`, call: dated(call, date), holds };
          }),
        })),
);

const dateOld = forging(
  'date-old-refused',
  `An X-Date older than ${dateSeconds / 60} minutes is refused.`,
  [],
  (call, { main, clock }) =>
    !clock.isLearnt
      ? noDate
      : credentialsOf(main).map((twin) => ({
          twin,
          forgeries: [],
          shared: [1, 30, 300, 3100, 85_500, 400_000_000].map((seconds) => ({
            name: `an X-Date ${dateSeconds + seconds} s old`,
            call: dated(call, clock.past(dateSeconds + seconds)),
          })),
        })),
);

/** Tries other instants of the window than the one that all requests carry. */
const dateInWindow: CaseCheck = {
  id: 'date-in-window-accepted',
  title: `An X-Date within the last ${dateSeconds / 60} minutes is accepted.`,
  level: 'behaviour',
  cases: (base, { clock, scope }) =>
    scope.share(base.operation, [dateSeconds - 10, 1, dateSeconds / 2, 60]).map((seconds) => {
      const date = clock.past(seconds);
      const holds = (): boolean => clock.now().latest <= timeOf(date) + dateSeconds * 1000;
      return { name: `an X-Date ${seconds} s old`, call: dated(base, date), expect: 'accepted', holds };
    }),
};

const dated = (call: Call, date: string): Call => withValues(call, 'header', 'X-Date', [date]);

/** Changes of one part of a request. The suite signs the request with the change, and sends it without. */
export const tamperings: { part: string; title: string; tamper: (signed: Signed) => Signed }[] = [
  {
    part: 'method',
    title: 'the method',
    tamper: (signed) => ({ ...signed, method: signed.method === 'PUT' ? 'GET' : 'PUT' }),
  },
  { part: 'path', title: 'the path', tamper: (signed) => ({ ...signed, path: `${signed.path}x` }) },
  { part: 'query', title: 'the query', tamper: (signed) => ({ ...signed, query: tamperedQuery(signed.query) }) },
  {
    part: 'body',
    title: 'the body',
    tamper: (signed) => ({ ...signed, body: Buffer.concat([signed.body ?? Buffer.alloc(0), Buffer.from(' ')]) }),
  },
  {
    part: 'x-date',
    title: 'X-Date',
    tamper: (signed) =>
      withHeader(signed, 'x-date', (value) => value.replace(/\d\dZ$/, (s) => (s === '00Z' ? '01Z' : '00Z'))),
  },
  {
    part: 'x-user-id',
    title: 'X-User-Id',
    tamper: (signed) => withHeader(signed, 'x-user-id', (value) => `${value}0`),
  },
  {
    part: 'host',
    title: 'a signed Host',
    tamper: (signed) => withHeader(signed, 'host', () => 'other.example'),
  },
];

const signatureParts = tamperings.map(({ part, title, tamper }) =>
  signing(`signature-${part}`, `A request is refused if ${title} changed after signing.`, (app, call) => {
    const authorize = (signed: Signed): string => appAuthorization(app, tamper(signed), signedNames(signed.headers));
    const name = `a signature made with another ${part}`;
    const large = part === 'body' ? largest(call) : undefined;
    return [[name, authorize], ...(large ? [[`${name}, of 800 kB`, authorize, large] as const] : [])];
  }),
);

/** Returns the call with a body of 800 kB, if a field may be that long. A web server may refuse 1 MB (errata, E32). */
function largest(call: Call): Call | undefined {
  const [field] = jsonFields(call.operation);
  if (field === undefined) return undefined;
  return withFields(call, { [field]: JSON.stringify('\u4e2dx'.repeat(200_000)) });
}

/** Tries queries that encoders treat differently: unreserved and reserved characters, and the order of parameters. */
const signatureEncoding: CaseCheck = {
  id: 'signature-encoding-accepted',
  needs: ['app'],
  title: 'A signature is accepted with any characters in the query or body, and any order of the query.',
  level: 'behaviour',
  concerns: ({ credentials, parameters, body }) =>
    credentials.length > 0 && (body !== undefined || parameters.some(({ in: place }) => place === 'query')),
  cases(base, { main: { userId, app } }) {
    if (!app) return 'there is no app';
    const as = { userId, app };
    const free = base.operation.parameters.find(
      ({ in: place, required, schema }) => place === 'query' && !required && schema.pattern,
    );
    const calls: [string, Call][] = [
      ...['a+b*c~d', "!'()", '%20%2B', '-._~', '&=;?', '<">', '$,:@'].flatMap((text): [string, Call][] =>
        free?.validate(text) ? [[`the query ${text}`, withValues(base, 'query', free.name, [text])]] : [],
      ),
      ['the query in the opposite order', { ...base, query: base.query.toReversed() }],
    ];
    const large = largest(base);
    if (large) calls.push(['a body of 800 kB', large]);
    return calls.map(([name, call]) => ({ name: `a signature of ${name}`, call, as, expect: 'accepted' }));
  },
};

const signatureSecret = signing(
  'signature-secret',
  'A signature made with another secret, or for another app, is refused.',
  (app) => {
    const by = (other: App) => (signed: Signed) => appAuthorization(other, signed, signedNames(signed.headers));
    const altered = (text: string): string => text.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    return [
      ['a signature with another secret', by({ ...app, appSecret: altered(app.appSecret) })],
      ['a signature for an unknown app', by({ ...app, appId: altered(app.appId) })],
      ...nearMisses(app.appId)
        // A comma would split the id, because the header is a list with commas.
        .filter(([, appId]) => !/[,"]/.test(appId))
        .map(([name, appId]): [string, (signed: Signed) => string] => [
          `a signature for the app id ${name}`,
          by({ ...app, appId }),
        ]),
    ];
  },
);

const signatureNames = signing(
  'signature-names',
  'A signature that leaves out X-Date or X-User-Id, or covers a header that is not sent, is refused.',
  (app) => {
    const without =
      (...left: string[]) =>
      (signed: Signed) =>
        appAuthorization(
          app,
          signed,
          signedNames(signed.headers).filter((name) => !left.includes(name)),
        );
    return [
      ['a signature without x-date', without('x-date')],
      ['a signature without x-user-id', without('x-user-id')],
      ['a signature of no header but host', without('x-date', 'x-user-id')],
      [
        'a signature that covers a header that is absent',
        (signed) => appAuthorization(app, signed, [...signedNames(signed.headers), 'x-none'].sort()),
      ],
    ];
  },
);

const signatureOrder = signing('signature-order', 'Signed headers that are not sorted are refused.', (app) => [
  ['signed headers in reverse order', (signed) => appAuthorization(app, signed, signedNames(signed.headers).reverse())],
  [
    'signed headers named in another order than signed',
    (signed) => {
      const names = signedNames(signed.headers);
      return appAuthorization(app, signed, names).replace(names.join(';'), names.toReversed().join(';'));
    },
  ],
]);

const signatureForm = signing(
  'signature-form',
  'A signature that is cut off, altered or empty, or names another algorithm, is refused.',
  (app) => {
    const changed = (change: (right: string) => string) => (signed: Signed) =>
      change(appAuthorization(app, signed, signedNames(signed.headers)));
    return [
      ['a signature cut off', changed((right) => right.slice(0, -1))],
      ['half a signature', changed((right) => right.slice(0, -32))],
      ['a signature with one more digit', changed((right) => `${right}0`)],
      ['a signature twice', changed((right) => right + right.replace(/^.*Signature=/, ''))],
      [
        'a signature with its last digit altered',
        changed((right) => right.replace(/.$/, (last) => (last === '0' ? '1' : '0'))),
      ],
      [
        'a signature with its first digit altered',
        changed((right) => right.replace(/(Signature=)(.)/, (_, name, first) => name + (first === '0' ? '1' : '0'))),
      ],
      ['an empty signature', changed((right) => right.replace(/Signature=.*/, 'Signature='))],
      ['no signature', changed((right) => right.replace(/,Signature=.*/, ''))],
      ['an unknown algorithm', changed((right) => right.replace('HMAC-SHA256', 'HMAC-NONE'))],
    ];
  },
);

/** The reason why the checks of X-Date see nothing. */
const noDate = "the provider's answers have no Date, so its clock is not known";

/** The checks of tokens, of X-Date and X-User-Id, and of app signatures. */
export const credentialChecks: CaseCheck[] = [
  tokenWrong,
  tokenExpired,
  userOther,
  dateAhead,
  dateOld,
  dateInWindow,
  signatureSecret,
  ...signatureParts,
  signatureNames,
  signatureOrder,
  signatureForm,
  signatureEncoding,
];

function tamperedQuery(query: Pairs): Pairs {
  const [[name, value] = ['extra', ''], ...rest] = query.toReversed();
  return [...rest.toReversed(), [name, `${value}1`]];
}

function withHeader(signed: Signed, name: string, change: (value: string) => string): Signed {
  const headers = signed.headers.map(
    ([sent, value]) => [sent, sent.toLowerCase() === name ? change(value) : value] as const,
  );
  return { ...signed, headers };
}

const tokenOf = ({ userId, token }: Identity): Identity => ({ userId, ...(token !== undefined && { token }) });

/** Returns one identity for each credential of an identity. */
function credentialsOf(identity: Identity): Identity[] {
  const { userId, token, app } = identity;
  return [...(token === undefined ? [] : [{ userId, token }]), ...(app ? [{ userId, app }] : [])];
}

/** Returns a check that sends wrong signatures. Every operation gets the first one, and a share of the others. */
function signing(
  id: string,
  title: string,
  forged: (app: App, call: Call) => (readonly [name: string, authorize: (signed: Signed) => string, call?: Call])[],
): CaseCheck {
  return forging(id, title, ['app'], (call, { main: { userId, app } }) => {
    if (!app) return 'there is no app';
    const all = forged(app, call).map(([name, authorize, other = call]) => ({ name, authorize, call: other }));
    return [{ twin: { userId, app }, forgeries: all.slice(0, 1), shared: all.slice(1) }];
  });
}

function forging(id: string, title: string, needs: readonly Need[], forge: Forge): CaseCheck {
  return {
    id,
    title,
    needs,
    level: 'behaviour',
    concerns: ({ credentials }) => credentials.length > 0,
    cases(base, suite) {
      const forged = forge(base, suite);
      if (typeof forged === 'string') return forged;
      return forged.flatMap(({ twin: as, forgeries, shared = [] }) =>
        [...forgeries, ...suite.scope.share(base.operation, shared)].map((one) => ({
          call: base,
          ...one,
          as,
          expect: 'refused',
          pointer: securityPointer,
        })),
      );
    },
  };
}
