import { describe, expect, it } from 'vitest';
import { contractKey, createContractAjv } from './ajv.ts';

const contractWith = (schema: object): object => ({ openapi: '3.1.0', components: { schemas: { It: schema } } });
const validatorOf = (schema: object): ((value: unknown) => unknown) => {
  const validate = createContractAjv(contractWith(schema)).getSchema(`${contractKey}#/components/schemas/It`);
  if (validate === undefined) throw new Error('The schema is missing.');
  return (value) => (validate(value) ? [] : validate.errors?.map(({ message }) => message));
};

describe('contentMediaType: application/json', () => {
  const json = validatorOf({ type: 'string', contentMediaType: 'application/json' });

  it.each(['{}', '[]', '"text"', '0', 'null', ' {"a":1} ', '{"ä":"\\u0000"}', '"\ud83d\ude00"', '"\\ud800"'])(
    'accepts %j',
    (text) => {
      expect(json(text)).toEqual([]);
    },
  );

  it.each(['', ' ', '{', "{'a':1}", 'undefined', 'NaN', '{"a":1}}', '[1,]', '"\ud800"', '"\udc00\ud800"'])(
    'refuses %j',
    (text) => {
      expect(json(text)).toEqual(['must be a JSON document']);
    },
  );

  it('does not check the type of the value', () => {
    expect(json(1)).toEqual(['must be string']);
  });

  it('must be a string', () => {
    expect(() => validatorOf({ type: 'string', contentMediaType: 7 })).toThrow('contentMediaType');
  });

  it('ignores other media types', () => {
    expect(validatorOf({ type: 'string', contentMediaType: 'text/html' })('<p>')).toEqual([]);
  });
});

describe('an Ajv of a contract', () => {
  it('has the contract under the key that its documentation names', () => {
    const validate = createContractAjv(contractWith({ type: 'string' })).getSchema('contract#/components/schemas/It');
    expect([validate?.('a'), validate?.(1)]).toEqual([true, false]);
  });

  it('accepts a contract that contains null', () => {
    expect(validatorOf({ example: null })(null)).toEqual([]);
  });

  it('accepts the extensions that the contract uses', () => {
    expect(validatorOf({ type: 'string', 'x-anything': {}, example: 'a' })('a')).toEqual([]);
  });

  it('refuses a keyword that JSON Schema does not have', () => {
    expect(() => validatorOf({ type: 'string', minimumLength: 1 })).toThrow(/minimumLength/);
  });

  it('checks formats', () => {
    expect(validatorOf({ type: 'string', format: 'date-time' })('2025-12-17')).toHaveLength(1);
  });

  it('reports every violation', () => {
    const value = validatorOf({ type: 'object', required: ['a', 'b'], properties: { a: {}, b: {} } });
    expect(value({})).toHaveLength(2);
  });
});
