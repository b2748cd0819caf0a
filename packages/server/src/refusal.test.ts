import { expect, it } from 'vitest';
import { busyAfter } from './refusal.ts';
import { StoreUnavailable } from './store/store.ts';

it.each([
  { fate: 'not done', msg: 'The service is busy, and nothing was stored. Try again later.' },
  { fate: 'unknown', msg: 'The service is busy. The change may have been stored: look before you repeat it.' },
  { fate: undefined, msg: 'The service is busy. Try again later.' },
] as const)('says of a change whose fate is $fate what is known of it', ({ fate, msg }) => {
  const { status, headers, text } = busyAfter(new StoreUnavailable('the reason is for the log', { fate }));
  expect({ status, retryAfter: headers['retry-after'], envelope: JSON.parse(text) }).toEqual({
    status: 503,
    retryAfter: '1',
    envelope: { code: 503, msg },
  });
});
