// What a change of the contract means for callers and for providers.
import type { Use } from './contract-diff-uses.ts';

/** What semver calls a change: it breaks, it adds, or it does neither. */
export type Bump = 'major' | 'minor' | 'patch';

/** What one side has of a change. */
export interface Impact {
  bump: Bump;
  /** Why, in one line. */
  reason: string;
}

/** What a change means for each side. */
export interface Impacts {
  /** For whoever sends requests and reads responses. */
  callers: Impact;
  /** For whoever answers: an implementation of the contract. */
  providers: Impact;
}

/** A change as Redocly finds it. One of a shared schema is found once, at the schema's first use. */
export interface FoundChange {
  kind: 'added' | 'removed' | 'modified';
  /** The kind of object, as `Schema`. A list or a map that comes or goes as a whole has a kind too, as `ParameterList`. */
  typeName: string;
  /** The object's JSON pointer by its first use. */
  path: string;
  /** Which property of the object was modified. */
  property?: string;
  base?: FoundPlace;
  revision?: FoundPlace;
}

/** Where one of the two contracts says what changed. */
export interface FoundPlace {
  file: string;
  pointer: string;
  line: number;
  col: number;
  value?: unknown;
}

/** How what is allowed changes. `other`: neither the old nor the new includes the other, or nobody can tell. */
export type Variance = 'added' | 'removed' | 'narrower' | 'wider' | 'other';

/** The rule that a change falls under. */
export type Rule =
  | `${Use} ${Variance}`
  | `promise ${'more' | 'less' | 'other'}`
  | 'name'
  | 'notice'
  | 'host'
  | 'text'
  | 'unused';

/** A rule, or a variance that is one rule for each use of what changed. */
export type Claim = Rule | Variance;

const impacts = (callers: [Bump, string], providers: [Bump, string]): Impacts => ({
  callers: { bump: callers[0], reason: callers[1] },
  providers: { bump: providers[0], reason: providers[1] },
});

/**
 * The rules. A caller breaks if a request that was allowed no longer is, or if a response can come that could not. A
 * provider breaks if a response that was right no longer is, or if it must accept what it had to refuse. A part with a
 * new name, as an operation or an optional field, is an addition for both: whoever does not know the name neither sends
 * it nor misses it. A provider that has to refuse more is not broken: no caller is worse off if it does not do so yet.
 */
export const rules: Record<Rule, Impacts> = {
  'request added': impacts(['minor', 'They can send more.'], ['minor', 'They have to honour it when it is sent.']),
  'request removed': impacts(
    ['major', 'What they send is passed over.'],
    ['minor', 'They need not honour it any more.'],
  ),
  'request narrower': impacts(['major', 'A request that was allowed is refused.'], ['minor', 'They accept less.']),
  'request wider': impacts(['minor', 'They can send more.'], ['major', 'They must accept what they had to refuse.']),
  'request other': impacts(
    ['major', 'A request that was allowed can be refused.'],
    ['major', 'They must accept what they had to refuse.'],
  ),
  'response added': impacts(['minor', 'They can read more.'], ['minor', 'They can return more.']),
  'response removed': impacts(
    ['major', 'What they read does not come.'],
    ['minor', 'They need not return it any more.'],
  ),
  'response narrower': impacts(['minor', 'They can rely on more.'], ['major', 'A response that was right is wrong.']),
  'response wider': impacts(['major', 'A response comes that could not.'], ['minor', 'They can return more.']),
  'response other': impacts(
    ['major', 'A response can come that could not.'],
    ['major', 'A response that was right can be wrong.'],
  ),
  // How long something lasts, how a list is paged, what a missing value stands for: providers see to it.
  'promise more': impacts(['minor', 'They can rely on more.'], ['major', 'They have to keep a new promise.']),
  'promise less': impacts(['major', 'They can rely on less.'], ['minor', 'They have less to keep.']),
  'promise other': impacts(
    ['major', 'They rely on what is no longer so.'],
    ['major', 'They have to keep another promise.'],
  ),
  // Types and code that are generated from the contract have these names. Requests and responses do not.
  name: impacts(
    ['major', 'Generated code has another name for it.'],
    ['patch', 'Requests and responses are the same.'],
  ),
  notice: impacts(['minor', 'They can use it, or prepare for it.'], ['patch', 'Requests and responses are the same.']),
  host: impacts(['major', 'They may call a host that is gone.'], ['patch', 'Requests and responses are the same.']),
  text: impacts(['patch', 'Requests and responses are the same.'], ['patch', 'Requests and responses are the same.']),
  unused: impacts(['patch', 'No operation uses it.'], ['patch', 'No operation uses it.']),
};

const order: Bump[] = ['patch', 'minor', 'major'];

/** The largest of some bumps; `undefined` for none. */
export const largest = (bumps: Bump[]): Bump | undefined => order.findLast((bump) => bumps.includes(bump));

/**
 * What a change means for both sides.
 *
 * @param claims What is said of the change. The worst counts, for each side.
 * @param uses Where the operations use what changed.
 */
export function judge(claims: Claim[], uses: Use[]): Impacts {
  const all = claims.flatMap((claim): Rule[] => {
    if (!isVariance(claim)) return [claim];
    return uses.length > 0 ? uses.map((use): Rule => `${use} ${claim}`) : ['unused'];
  });
  const worst = (side: keyof Impacts): Impact => {
    const found = all.map((rule) => rules[rule][side]);
    const bump = largest(found.map((impact) => impact.bump));
    const reasons = found.filter((impact) => impact.bump === bump).map(({ reason }) => reason);
    return bump ? { bump, reason: [...new Set(reasons)].join(' ') } : rules.text[side];
  };
  return { callers: worst('callers'), providers: worst('providers') };
}

const variances: readonly string[] = ['added', 'removed', 'narrower', 'wider', 'other'] satisfies Variance[];
/** Whether a claim depends on the use. */
export const isVariance = (claim: Claim): claim is Variance => variances.includes(claim);
