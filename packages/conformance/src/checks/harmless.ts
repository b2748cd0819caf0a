import type { CaseCheck } from '../check.ts';
import { bodyOf, type Call, withBody, withValues } from '../requests/call.ts';

/** Sends requests that the vendor's pages do not mention: a provider may accept or refuse them, but must not fail. */
export const harmlessCheck: CaseCheck = {
  id: 'harmless',
  title: 'Unknown fields and huge values, which the contract leaves open, are accepted or refused without a failure.',
  level: 'contract',
  cases: (base) =>
    openCalls(base).map(([name, call]) => ({
      name,
      call,
      expect: 'either',
      pointer: `${base.operation.pointer}/responses`,
    })),
};

function openCalls(base: Call): [name: string, call: Call][] {
  const isUsedUp = base.operation.method === 'DELETE';
  if (!base.body) {
    return isUsedUp ? [] : [['an unknown query parameter', withValues(base, 'query', 'unknown', ['1'])]];
  }
  const body = bodyOf(base) as Record<string, unknown>;
  const inner = JSON.stringify(body).slice(1, -1);
  const withField = (value: string): Call => withBody(base, Buffer.from(`{"unknown":${value}${inner && ','}${inner}}`));
  return [
    ['an unknown query parameter', withValues(base, 'query', 'unknown', ['1'])],
    ['an unknown field', withField('1')],
    ['an unknown field named __proto__', withBody(base, Buffer.from(`{"__proto__":{"x":1}${inner && ','}${inner}}`))],
    [
      'an unknown field with a name of 100,000 characters',
      withBody(base, Buffer.from(`{"${'x'.repeat(100_000)}":1${inner && ','}${inner}}`)),
    ],
    ['an unknown field with a text of 100,000 characters', withField(JSON.stringify('\u4e2d'.repeat(100_000)))],
    ['a number with a fraction and an exponent', withField('-1.5e+300')],
    ['a number too large for a double', withField('1e999')],
    ['a number of 400 digits', withField('9'.repeat(400))],
    ['an array 20,000 deep', withField('['.repeat(20_000) + ']'.repeat(20_000))],
    ['a field twice', withBody(base, Buffer.from(`{${inner}${inner && ','}${inner}}`))],
    ['a body of 3 MB', withField(JSON.stringify('x'.repeat(3_000_000)))],
  ];
}
