import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refused } from '../test/requests.ts';
import { type Mock, startMock } from './index.ts';

interface Reference {
  $ref: string;
}

interface Parameter {
  in: 'header' | 'path' | 'query';
  name: string;
  required?: boolean;
  example: string | number;
}

interface Content {
  content: { 'application/json': { schema: Reference; examples: Record<string, Reference> } };
}

interface Operation {
  operationId: string;
  parameters: (Parameter | Reference)[];
  requestBody?: Content;
  responses: Record<string, Content | Reference>;
}

function resolve<Node extends object>(node: Node | Reference): Node {
  if (!('$ref' in node)) return node;
  const [kind = '', name = ''] = node.$ref.split('/').slice(2);
  return (contract.components as unknown as Record<string, Record<string, Node>>)[kind]?.[name] as Node;
}

/** The examples of a body or an answer, by name. */
function examplesOf(node: Content | Reference): [name: string, value: object][] {
  const { examples } = resolve(node).content['application/json'];
  return Object.entries(examples).map(([name, example]) => [name, resolve<{ value: object }>(example).value]);
}

/** A request to an operation, made of the contract's examples. */
class Request {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  parameters: Parameter[];
  body: unknown;

  constructor(path: string, method: string, operation: Operation) {
    this.method = method.toUpperCase();
    this.path = path;
    this.operation = operation;
    this.parameters = operation.parameters.map((parameter) => ({ ...resolve(parameter) }));
    this.body = operation.requestBody && examplesOf(operation.requestBody)[0]?.[1];
  }

  /** The same request with other values of a parameter; without it where there are none. */
  with(name: string, ...values: (string | number)[]): this {
    this.parameters = this.parameters.flatMap((parameter) =>
      parameter.name === name ? values.map((example) => ({ ...parameter, example })) : [parameter],
    );
    return this;
  }

  send(url: string, more: Record<string, string> = {}): Promise<Response> {
    const { method, path, body, parameters } = this;
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

const places = Object.entries(contract.paths).flatMap(([path, item]) =>
  Object.entries(item as unknown as Record<string, Operation>).map(([method, operation]) => ({
    path,
    method,
    operation,
  })),
);

let mock: Mock;
beforeAll(async () => {
  mock = await startMock();
});
afterAll(() => mock.close());

describe.each(places)('$operation.operationId', ({ path, method, operation }) => {
  const request = () => new Request(path, method, operation);
  const refusal = async (status: number, sent: Request): Promise<string> => refused(await sent.send(mock.url), status);
  const { parameters } = request();

  it('answers a request with every parameter, and one with the required ones only', async () => {
    const [[, first] = []] = examplesOf(operation.responses['200'] as Content);
    expect(await (await request().send(mock.url)).json()).toEqual(first);
    const least = request();
    least.parameters = least.parameters.filter(({ required }) => required);
    expect(await (await least.send(mock.url)).json()).toEqual(first);
  });

  const answers = Object.entries(operation.responses).flatMap(([status, node]) =>
    examplesOf(node).map(([name, value]) => ({ status: status === 'default' ? 503 : Number(status), name, value })),
  );

  it.each(answers)(
    'answers with the example $name of $status where it is preferred',
    async ({ status, name, value }) => {
      const answer = await request().send(mock.url, { Prefer: `code=${status}, example=${name}` });
      expect(await answer.json()).toEqual(value);
      expect(answer.status).toBe(status);
    },
  );

  it('asks for a credential', async () => {
    const answer = await request().send(mock.url, { Authorization: '' });
    expect(await refused(answer, 401)).toBe('header.Authorization is missing or empty');
  });

  const named = parameters.map((parameter) => [`${parameter.in}.${parameter.name}`, parameter] as const);

  it.each(named)('judges %s', async (_, { in: place, name, required }) => {
    // An optional query parameter may hold any text, but some.
    const wrong = required || place === 'header' ? 'a b' : '';
    expect(await refusal(400, request().with(name, wrong))).toMatch(new RegExp(`^${place}\\.${name} must `));
    if (!required || place === 'path') return;
    expect(await refusal(400, request().with(name))).toBe(`${place}.${name} is missing or empty`);
  });

  it.each(operation.requestBody ? [operation.requestBody] : [])('judges the body', async (requestBody) => {
    const { schema } = requestBody.content['application/json'];
    const { required = [], properties } = resolve<{ required?: string[]; properties: object }>(schema);
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
    for (const [, body] of examplesOf(requestBody)) {
      expect((await Object.assign(request(), { body }).send(mock.url)).status).toBe(200);
    }
  });
});
