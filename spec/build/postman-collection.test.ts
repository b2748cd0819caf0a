import { describe, expect, it } from 'vitest';
import contract from '../dist/openapi.json' with { type: 'json' };
import collection from '../dist/postman-collection.json' with { type: 'json' };
import { type Operation, readContract } from '../src/contract.ts';
import { readRequest } from '../src/validate-request.ts';
import { toPostmanCollection } from './postman-collection.ts';

type Item = (typeof collection.item)[number]['item'][number];

const items = collection.item.flatMap((folder): Item[] => folder.item);
const { operations } = readContract(contract);
const labelOf = (method: string, path: string): string => `${method} ${path.replace(/\{(.*)\}/, ':$1')}`;
const operationOf = ({ request: { method, url } }: Item): Operation =>
  operations.find((one) => labelOf(one.method, one.path) === `${method} /${url.path.join('/')}`) ??
  expect.fail(`no operation has ${method} ${url.raw}`);

it('has each operation once, with all examples of its answers by status', () => {
  expect(items.map((item) => operationOf(item).id).toSorted()).toEqual(operations.map(({ id }) => id).toSorted());
  for (const item of items) {
    const { default: _, ...responses } = operationOf(item).responses;
    const examples = Object.entries(responses).flatMap(([status, response]) =>
      Object.values(response.examples).map((example) => [Number(status), example]),
    );
    expect(item.response.map(({ code, body }) => [code, JSON.parse(body)])).toEqual(examples);
  }
});

it('creates each value before a request that needs it, and removes in reverse order at the end', () => {
  const order = items.map((item) => operationOf(item));
  for (const [index, { parameters }] of order.entries()) {
    const makers = parameters.flatMap(({ madeBy, required }) => (madeBy && required ? [madeBy.operation] : []));
    expect(order.slice(0, index).map(({ id }) => id)).toEqual(expect.arrayContaining(makers));
  }
  const removable = Object.entries(contract.paths).flatMap(([path, item]) => ('delete' in item ? [path] : []));
  expect(order.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual(removable.toReversed());
  expect(collection.item.at(-1)?.item).toHaveLength(removable.length);
});

it('sends no id from an example', () => {
  const ids = Object.values(contract.components.schemas).flatMap((schema) =>
    'x-made-by' in schema ? [schema.example] : [],
  );
  expect(ids.length).toBeGreaterThan(2);
  const requests = JSON.stringify(items.map(({ request }) => request));
  for (const id of ids) expect(requests).not.toContain(id);
});

it('is always the same for the same contract', () => expect(toPostmanCollection(contract)).toEqual(collection));

it('declares each variable that it uses', () => {
  const used = [...JSON.stringify(collection).matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
  expect([...new Set(used)].toSorted()).toEqual(collection.variable.map(({ key }) => key).toSorted());
});

/** Runs scripts as Postman would. */
function run(events: { listen: string; script: { exec: string[] } }[], listen: string, pm: object): void {
  const scripts = events.filter((event) => event.listen === listen).map(({ script }) => script.exec.join('\n'));
  for (const script of scripts) new Function('pm', script)(pm);
}

describe('run from top to bottom', () => {
  const values = new Map(collection.variable.map(({ key, value }) => [key, value]));
  const variables = { set: (key: string, value: string) => values.set(key, value) };
  const filled = (text: string): string => text.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => values.get(name) ?? '');

  it.each(items.map((item) => ({ name: item.name, item })))(
    'sends a request that follows the contract: $name',
    ({ item }) => {
      run(collection.event, 'prerequest', { variables });
      const { header, url, body } = item.request;
      const sent = (pairs: { key: string; value: string; disabled?: boolean }[]): [string, string][] =>
        pairs.flatMap(({ key, value, disabled }): [string, string][] => (disabled ? [] : [[key, filled(value)]]));
      const headers = sent(header).map(([name, value]) => [name.toLowerCase(), [value]]);
      const { violations } = readRequest(operationOf(item), {
        path: Object.fromEntries(sent(url.variable)),
        query: new URLSearchParams(sent(url.query)),
        headers: Object.fromEntries(headers),
        body: Buffer.from(body ? filled(body.raw) : ''),
      });
      expect(violations).toEqual([]);
      const now = new Date().toISOString().replaceAll(/[-:]/g, '');
      expect((values.get('date') ?? '').replace('Z', '') <= now, 'X-Date is in the future').toBe(true);
    },
  );

  const answered = (answer: unknown): void => {
    const pm = { collectionVariables: variables, response: { json: () => answer } };
    for (const item of items) run('event' in item ? item.event : [], 'test', pm);
  };

  it('stores the ids that an answer returns', () => {
    const answer = { code: 0, data: { deviceId: '1', lockId: '2', recordId: '3' }, nextCursor: '4' };
    answered(answer);
    expect(Object.fromEntries(values)).toMatchObject({ ...answer.data, nextCursor: answer.nextCursor });
  });

  it('keeps the stored ids if an answer is a refusal', () => {
    const before = new Map(values);
    answered({ code: 1, msg: 'no' });
    expect(values).toEqual(before);
  });
});
