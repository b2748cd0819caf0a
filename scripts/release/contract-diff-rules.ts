// The rules: how a change of the contract affects callers and providers.
import type { Use } from './contract-diff-uses.ts';

/** A semver bump: major for a change that breaks, minor for one that adds, patch for the rest. */
export type Bump = 'major' | 'minor' | 'patch';

/** The impact of a change on one side. */
export interface Impact {
  bump: Bump;
  /** Why, in one line. */
  reason: string;
}

/** The impact of a change on both sides. */
export interface Impacts {
  /** The impact on programs that send requests and read responses. */
  callers: Impact;
  /** The impact on implementations of the contract, which answer. */
  providers: Impact;
}

/** A change as Redocly reports it. A change of a shared schema is reported once, at the first use of the schema. */
export interface FoundChange {
  kind: 'added' | 'removed' | 'modified';
  /** The type of the object, such as `Schema`, or `ParameterList` for a list that is added or removed as a whole. */
  typeName: string;
  /** The JSON pointer of the object at its first use. */
  path: string;
  /** The modified property of the object. */
  property?: string;
  base?: FoundPlace;
  revision?: FoundPlace;
}

/** The place of a change in one of the two contracts. */
export interface FoundPlace {
  file: string;
  pointer: string;
  line: number;
  col: number;
  value?: unknown;
}

/**
 * How the set of allowed values changes. `other`: neither the old nor the new set includes the other, or it cannot be
 * decided.
 */
export type Variance = 'added' | 'removed' | 'narrower' | 'wider' | 'other';

/** The rule that applies to a change. */
export type Rule =
  | `${Use} ${Variance}`
  | `promise ${'more' | 'less' | 'other'}`
  | 'name'
  | 'notice'
  | 'host'
  | 'text'
  | 'unused';

/** A rule, or a variance, which becomes one rule for each use of the changed part. */
export type Claim = Rule | Variance;

const impacts = (callers: [Bump, string], providers: [Bump, string]): Impacts => ({
  callers: { bump: callers[0], reason: callers[1] },
  providers: { bump: providers[0], reason: providers[1] },
});

/**
 * The rules. A caller breaks if a request that was allowed is refused, or if a response is possible that was not. A
 * provider breaks if a response that was correct is wrong, or if it must accept a request that it had to refuse. A part
 * with a new name, such as an operation or an optional field, is an addition for both sides: a program that does not
 * know the name neither sends it nor misses it. A provider that must refuse more does not break, because no caller
 * suffers if it refuses that later.
 */
export const rules: Record<Rule, Impacts> = {
  'request added': impacts(['minor', 'They can send more.'], ['minor', 'They have to honour it if it is sent.']),
  'request removed': impacts(['major', 'What they send is ignored.'], ['minor', 'They no longer have to honour it.']),
  'request narrower': impacts(['major', 'A request that was allowed is refused.'], ['minor', 'They accept less.']),
  'request wider': impacts(
    ['minor', 'They can send more.'],
    ['major', 'They must accept requests that they had to refuse.'],
  ),
  'request other': impacts(
    ['major', 'A request that was allowed can be refused.'],
    ['major', 'They must accept requests that they had to refuse.'],
  ),
  'response added': impacts(['minor', 'They can read more.'], ['minor', 'They can return more.']),
  'response removed': impacts(
    ['major', 'They no longer receive what they read.'],
    ['minor', 'They no longer have to return it.'],
  ),
  'response narrower': impacts(
    ['minor', 'They can rely on more.'],
    ['major', 'A response that was correct is now wrong.'],
  ),
  'response wider': impacts(
    ['major', 'They can receive a response that was not possible.'],
    ['minor', 'They can return more.'],
  ),
  'response other': impacts(
    ['major', 'They can receive a response that was not possible.'],
    ['major', 'A response that was correct can now be wrong.'],
  ),
  // Promises of providers: how long something lasts, how a list is paged, which value an absent field has.
  'promise more': impacts(['minor', 'They can rely on more.'], ['major', 'They have to keep a new promise.']),
  'promise less': impacts(['major', 'They can rely on less.'], ['minor', 'They have to keep less.']),
  'promise other': impacts(
    ['major', 'They rely on a promise that has changed.'],
    ['major', 'They have to keep another promise.'],
  ),
  // Names that are in generated types and code, but not in requests and responses.
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

/** Returns the largest of some bumps, or `undefined` if there are none. */
export const largest = (bumps: Bump[]): Bump | undefined => order.findLast((bump) => bumps.includes(bump));

/**
 * Returns the impact of a change on both sides.
 *
 * @param claims The claims of the change. For each side the worst one counts.
 * @param uses Whether operations use the changed part in a request, in a response or in both.
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
/** Whether a claim is a variance, whose rule depends on the use. */
export const isVariance = (claim: Claim): claim is Variance => variances.includes(claim);
