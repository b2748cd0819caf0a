import type { CaseCheck } from '../check.ts';
import { type FaultKind, faultsOf } from '../requests/faults.ts';

const titles: Record<FaultKind, string> = {
  'no-credential-refused': 'A request without a credential is refused.',
  'missing-refused': 'A request that lacks a mandatory header, parameter, field or body is refused.',
  'empty-refused': 'A request with an empty mandatory value is refused.',
  'wrong-type-refused': 'A value of the wrong type is refused.',
  'bounds-refused': 'A value beyond a bound is refused, and a value on the bound is accepted.',
  'pattern-refused': 'A value that does not match its pattern is refused.',
  'enum-refused': 'A value outside its enum is refused.',
  'json-string-refused': 'A string that must hold JSON is refused if it does not.',
  'repeated-refused': 'A header or parameter that is sent twice is refused.',
  'malformed-body-refused': 'A body that is not JSON in UTF-8 is refused.',
  'body-shape-refused': 'A JSON body that is not an object is refused.',
  'content-type-refused': 'A body is refused if its headers say that it is not JSON in UTF-8.',
  'undocumented-method-refused': 'A method that the contract does not have is refused.',
  'undocumented-path-refused': 'A path that the contract does not have is refused.',
};

/** The checks that send requests with exactly one fault, and their twins without it. */
export const refusedChecks: CaseCheck[] = (Object.keys(titles) as FaultKind[]).map((id) => ({
  id,
  title: titles[id],
  level: 'contract',
  cases(base, { scope }) {
    const faults = faultsOf(base).filter(({ kind }) => kind === id);
    const own = scope.some(faults.filter(({ isShared }) => !isShared));
    const shared = scope.share(
      base.operation,
      faults.filter(({ isShared }) => isShared),
    );
    return [...own, ...shared].map((fault) => ({ ...fault, expect: 'refused' }));
  },
}));
