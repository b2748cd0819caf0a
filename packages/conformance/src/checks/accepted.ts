import type { Operation, Parameter } from '@koodrive-backup/spec/contract';
import fc from 'fast-check';
import type { CaseCheck } from '../check.ts';
import { bodyOf, type Call, withBody, withFields, withValues } from '../requests/call.ts';
import { valuesOf } from '../requests/generate.ts';
import { fieldsOf, jsonFields, makers, placesOf } from '../requests/kinds.ts';

/** Creates valid calls from an accepted one. Each has a name that says what it tries. */
type Variant = [name: string, call: Call, pointer?: string];

type Variants = (base: Call) => Variant[];

const examplesAccepted = accepting('examples-accepted', "Each of the contract's examples is accepted.", (base) => {
  const { operation } = base;
  const { body, parameters } = operation;
  const sent = bodyOf(base) as Record<string, unknown> | undefined;
  const examples = Object.entries(body?.examples ?? {}).map(([name, example]): [string, Call] => {
    const fields = { ...(example as Record<string, unknown>) };
    for (const field of madeFields(base)) if (field in fields && sent && field in sent) fields[field] = sent[field];
    return [`the example ${name}`, withBody(base, fields)];
  });
  const given = parameters.filter(
    (parameter) => !parameter.required && parameter.example !== undefined && !mustBeMade(operation, parameter),
  );
  return [
    ['only what the contract requires', base],
    ...examples,
    ...given.map(({ in: place, name, example }): [string, Call] => [
      `the example of ${place}.${name}`,
      withValues(base, place, name, [String(example)]),
    ]),
  ];
});

/** Whether a value must come from the provider, such as a lock or the cursor of its own list. A filter need not. */
const mustBeMade = ({ id }: Operation, { madeBy, required }: Parameter): boolean =>
  madeBy !== undefined && (required || madeBy.operation === id);

/** The fields of a body whose values only the provider can create. */
const madeFields = ({ operation }: Call): string[] =>
  placesOf(operation).flatMap((place) => (place.in === 'body' ? [place.name] : []));

const valuesAccepted = accepting('enum-accepted', 'Every value of an enum is accepted.', (base) => {
  const { parameters, body } = base.operation;
  const inParameters = parameters.flatMap(({ in: place, name, schema }) =>
    (schema.enum ?? []).map((value): [string, Call] => [
      `${place}.${name} ${JSON.stringify(value)}`,
      withValues(base, place, name, [String(value)]),
    ]),
  );
  const inBody = fieldsOf(body?.schema).flatMap(([name, { enum: values = [] }]) =>
    values.map((value): [string, Call] => [
      `body.${name} ${JSON.stringify(value)}`,
      withFields(base, { [name]: value }),
    ]),
  );
  return [...inParameters, ...inBody];
});

const enumsAccepted: CaseCheck = {
  ...valuesAccepted,
  // This takes the locks of every module, including the one that all checks share.
  turnOf: ({ id }) => (id === makers.lock ? 'alone' : undefined),
};

const optionalAccepted = accepting(
  'optional-accepted',
  'Optional fields are accepted in every combination.',
  (base) => {
    const { body } = base.operation;
    if (!body) return [];
    const optional = fieldsOf(body.schema).filter(([name]) => !body.schema.required?.includes(name));
    if (optional.length === 0) return [];
    const sets = Array.from({ length: 2 ** optional.length }, (_, bits) => optional.filter((_, i) => bits & (2 ** i)));
    return sets.map((set) => {
      const left = Object.fromEntries(optional.map(([name]) => [name, undefined]));
      const fields = { ...left, ...Object.fromEntries(set.map(([name, { example }]) => [name, example])) };
      const names = set.map(([name]) => name).join(', ');
      return [names === '' ? 'no optional field' : `the optional ${names}`, withFields(base, fields)];
    });
  },
);

const jsonStrings = [
  '{}',
  '[]',
  'null',
  'true',
  '0',
  '-1.5e300',
  '12345678901234567890.123456789',
  '""',
  '" "',
  '{"a":{"b":[1,{"c":null}]}}',
  ' {\n\t"a" : 1\r\n} ',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1},"constructor":"y"}',
  '"\\u0000\\ud800\\/"',
  '{"\u00e9":"\u4e2d\u6587 \u{1f600} \u202e \ufeff"}',
  `"<script>alert(1)</script> ' ; DROP TABLE records; -- \${x} %s"`,
  `${'['.repeat(200)}${']'.repeat(200)}`,
];

const jsonAccepted = accepting(
  'json-string-accepted',
  'A string that must hold JSON accepts every kind of JSON.',
  (base) =>
    jsonFields(base.operation).flatMap((name) =>
      jsonStrings.map((text): [string, Call] => [
        `body.${name} ${text.slice(0, 40)}`,
        withFields(base, { [name]: text }),
      ]),
    ),
);

const longAccepted = accepting(
  'long-accepted',
  'A long text is accepted if the contract sets no limit to its length.',
  (base) =>
    jsonFields(base.operation).flatMap((name) =>
      [5_000, 70_000, 200_000].map((length): [string, Call] => [
        `body.${name} of ${length} characters`,
        withFields(base, { [name]: JSON.stringify('x'.repeat(length - 2)) }),
      ]),
    ),
);

const wireFormsAccepted = accepting(
  'wire-forms-accepted',
  'The same request is accepted however JSON and HTTP allow it to be written.',
  (base) => {
    if (!base.body) return [];
    const typed = (type: string): Call => withValues(base, 'header', 'Content-Type', [type]);
    const withCharset = ['application/json; charset=utf-8', 'application/json;charset=UTF-8'];
    const value = bodyOf(base) as Record<string, unknown>;
    const escaped = Object.entries(value).map(([name, field]) => `"${escapeAll(name)}":${JSON.stringify(field)}`);
    return [
      ...withCharset.map((type): Variant => [`Content-Type ${type}`, typed(type), 'errata.md#e35']),
      ['Content-Type Application/JSON', typed('Application/JSON')],
      ['no Content-Type', withValues(base, 'header', 'Content-Type', []), 'errata.md#e11'],
      ['white space around its tokens', withBody(base, Buffer.from(`\n ${JSON.stringify(value, null, 4)}\r\n\t`))],
      ['escaped names', withBody(base, Buffer.from(`{${escaped.join(',')}}`))],
      ['its fields in another order', withBody(base, Object.fromEntries(Object.entries(value).reverse()))],
    ];
  },
);

const escapeAll = (text: string): string =>
  text.replace(/./g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

const generatedAccepted: CaseCheck = {
  id: 'generated-accepted',
  title: 'Generated valid requests are accepted.',
  level: 'contract',
  cases(base) {
    const call = generatedOf(base);
    return call ? [{ name: 'a generated valid request, the smallest that fails', call, expect: 'accepted' }] : [];
  },
};

/** Generates calls. A value that names something of the provider stays as it is; all others are generated. */
function generatedOf(base: Call): fc.Arbitrary<Call> | undefined {
  const { operation } = base;
  const { body } = operation;
  const sent = (bodyOf(base) ?? {}) as Record<string, unknown>;
  const given = Object.fromEntries(
    // Each lock request needs a module whose lock is free, so moduleCode is not generated for it.
    Object.entries(sent).filter(
      ([name]) => [...madeFields(base), 'machineCode'].includes(name) || operation.id === makers.lock,
    ),
  );
  const free = operation.parameters.filter(
    (parameter) => parameter.in !== 'path' && !parameter.isSetByClient && !mustBeMade(operation, parameter),
  );
  if (free.length === 0 && !body) return undefined;
  const parameters = free.map(({ required, schema }) => {
    const texts = valuesOf(schema).map(String);
    return required ? texts : fc.option(texts, { nil: undefined });
  });
  const fields = body ? valuesOf(body.schema, given) : fc.constant(undefined);
  return fc.tuple(fc.tuple(...parameters), fields).map(([texts, value]) =>
    free.reduce(
      (call, { in: place, name }, i) => {
        const text = texts[i];
        return withValues(call, place, name, text === undefined ? [] : [text]);
      },
      body ? withBody(base, value) : base,
    ),
  );
}

/** The checks that valid requests are accepted. */
export const acceptedChecks: CaseCheck[] = [
  examplesAccepted,
  enumsAccepted,
  optionalAccepted,
  jsonAccepted,
  longAccepted,
  wireFormsAccepted,
  generatedAccepted,
];

function accepting(id: string, title: string, variants: Variants): CaseCheck {
  return {
    id,
    title,
    level: 'contract',
    cases: (base) =>
      variants(base).map(([name, call, pointer]) => ({ name, call, expect: 'accepted', ...(pointer && { pointer }) })),
  };
}
