import { type Operation, type Parameter, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refused } from '../test/requests.ts';
import { type Mock, startMock } from './index.ts';

/** A request to an operation, built from the contract's examples. */
class Request {
  readonly operation: Operation;
  parameters: Parameter[];
  body: unknown;

  constructor(operation: Operation) {
    this.operation = operation;
    this.parameters = operation.parameters;
    this.body = operation.body?.example;
  }

  /** Replaces the value of a parameter by others; without values the parameter is removed. */
  with(name: string, ...values: (string | number)[]): this {
    this.parameters = this.parameters.flatMap((parameter) =>
      parameter.name === name ? values.map((example) => ({ ...parameter, example })) : [parameter],
    );
    return this;
  }

  send(url: string, more: Record<string, string> = {}): Promise<Response> {
    const { operation, body, parameters } = this;
    const { method, path } = operation;
    const inPlace = (place: string): [string, string][] =>
      parameters.filter((one) => one.in === place).map(({ name, example }) => [name, String(example)]);
    const filled = inPlace('path').reduce(
      (filling, [name, value]) => filling.replace(`{${name}}`, encodeURIComponent(value)),
      path,
    );
    const query = new URLSearchParams(inPlace('query'));
    const headers = {
      Authorization: 'Bearer+secret-token',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...Object.fromEntries(inPlace('header')),
      ...more,
    };
    return fetch(`${url}${filled}?${query}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}

let mock: Mock;
beforeAll(async () => {
  mock = await startMock();
});
afterAll(() => mock.close());

describe.each(readContract(contract).operations)('$id', (operation) => {
  const request = () => new Request(operation);
  const refusal = async (status: number, sent: Request): Promise<string> => refused(await sent.send(mock.url), status);
  const { parameters } = request();

  it('answers a request with every parameter, and one with the required ones only', async () => {
    const first = operation.responses['200']?.example;
    expect(await (await request().send(mock.url)).json()).toEqual(first);
    const least = request();
    least.parameters = least.parameters.filter(({ required }) => required);
    expect(await (await least.send(mock.url)).json()).toEqual(first);
  });

  const answers = Object.entries(operation.responses).flatMap(([key, { examples }]) => {
    const status = key === 'default' ? 503 : Number(key);
    return Object.entries(examples).map(([name, value]) => ({ status, name, value }));
  });

  it.each(answers)('answers with the example $name of $status if it is preferred', async ({ status, name, value }) => {
    const answer = await request().send(mock.url, { Prefer: `code=${status}, example=${name}` });
    expect(await answer.json()).toEqual(value);
    expect(answer.status).toBe(status);
  });

  it('asks for a credential', async () => {
    const answer = await request().send(mock.url, { Authorization: '' });
    expect(await refused(answer, 401)).toBe('header.Authorization is missing or empty');
  });

  const named = parameters.map((parameter) => [`${parameter.in}.${parameter.name}`, parameter] as const);

  it.each(named)('judges %s', async (_, { in: place, name, required }) => {
    // An optional query parameter accepts any text except an empty one.
    const wrong = required || place === 'header' ? 'a b' : '';
    expect(await refusal(400, request().with(name, wrong))).toMatch(new RegExp(`^${place}\\.${name} must `));
    if (!required || place === 'path') return;
    expect(await refusal(400, request().with(name))).toBe(`${place}.${name} is missing or empty`);
  });

  it.each(operation.body ? [operation.body] : [])('judges the body', async ({ schema, examples }) => {
    const { required = [], properties = {} } = schema;
    const bodies: [unknown, string][] = [
      [undefined, 'body is missing'],
      [[], 'body must be object'],
      ...required.map((name): [unknown, string] => [
        { ...(request().body as object), [name]: undefined },
        `body.${name} is missing`,
      ]),
      ...Object.keys(properties).map((name): [unknown, string] => [
        { ...(request().body as object), [name]: 1 },
        `body.${name} must be string`,
      ]),
    ];
    for (const [body, msg] of bodies) {
      expect(await refusal(400, Object.assign(request(), { body }))).toContain(msg);
    }
    for (const body of Object.values(examples)) {
      expect((await Object.assign(request(), { body }).send(mock.url)).status).toBe(200);
    }
  });
});
