import type { Seen } from '@koodrive-backup/testkit/provider';
import { expect } from 'vitest';

/** Expects the requests that the examples of the synthetic contract ask for, in order, whatever language sent them. */
export function expectSyntheticRequests([list, rename, ...others]: readonly Seen[], userId: string): void {
  expect(others).toEqual([]);
  expect(list).toMatchObject({
    method: 'GET',
    url: '/v1/things/a%2Fb%20%28%C3%BC%29%21/parts?zeta=1&name=it%27s%20%24HOME%20%26%20%60more%60&limit=20',
    headers: { 'x-user-id': userId },
  });
  expect(list?.body).toHaveLength(0);
  expect(rename).toMatchObject({
    method: 'PATCH',
    url: '/v1/things/own/parts',
    headers: { 'if-match': `"it's"`, 'content-type': 'application/json' },
  });
  expect(JSON.parse(`${rename?.body}`)).toEqual({
    name: 'O\'Brien\'s\n"größte" \\ 漢字 $HOME `id`',
    'a-b': [1, true, null, {}, []],
    nested: { ok: false },
  });
}
