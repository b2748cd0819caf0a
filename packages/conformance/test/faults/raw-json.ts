import { answers, bodies, data, type Fault, isOk, isSigned, successes } from './parts.ts';

export const rawFaults: Fault[] = [
  ['code is a string', 'refusal-schema', successes((text) => text.replace('"code":0', '"code":"0"'))],
  ['an integer has a fraction', 'success-schema', successes((text) => text.replace('"version":1', '"version":1.5'))],
  [
    'an integer beyond 2^53 is written as a fraction',
    'exact-numbers',
    successes((text) => text.replace('"version":1', '"version":9007199254740993.0')),
  ],
  [
    'an integer is beyond 2^53',
    'exact-numbers',
    successes((text) => text.replace('"version":1', '"version":9007199254740993')),
  ],
  ['a member comes twice', 'unique-members', successes((text) => text.replace('"code":0', '"code":1,"code":0'))],
  ['a byte order mark is in front', 'answer-json', successes((text) => `\ufeff${text}`)],
  ['the body is JSON twice', 'answer-json', successes((text) => text + text)],
  [
    'the body is in UTF-16',
    'answer-json',
    answers((answer) => ({ ...answer, body: Buffer.from(answer.body.toString(), 'utf16le') })),
  ],
  [
    'the deviceId of a record is rounded to a double',
    'record-echo',
    successes((text) =>
      text.replace(/"deviceInfo":\{"deviceId":"(\d+)"/g, (_, id) => `"deviceInfo":{"deviceId":"${Number(id)}"`),
    ),
  ],
  [
    'deviceIds are rounded to doubles',
    'creates-in-parallel',
    () => {
      // The provider finds the first device that a double stands for.
      const exact = new Map<string, string>();
      const named = (text: string): string =>
        text.replace(/(?<=\/device\/|deviceId=|"deviceId":")\d{16,}/g, (id) => exact.get(id) ?? id);
      return async (request, forward) => {
        const body = Buffer.from(named(request.body.toString('latin1')), 'latin1');
        const answer = await forward(isSigned(request) ? request : { ...request, target: named(request.target), body });
        const text = answer.body.toString();
        for (const [, id = ''] of text.matchAll(/"deviceId":"(\d+)"/g)) {
          if (!exact.has(`${Number(id)}`)) exact.set(`${Number(id)}`, id);
        }
        const rounded = text.replace(/"deviceId":"(\d+)"/g, (_, id) => `"deviceId":"${Number(id)}"`);
        return isOk(answer) ? { ...answer, body: Buffer.from(rounded) } : answer;
      };
    },
    ['record-echo', 'record-found'],
  ],
  [
    'recordIds are rounded to doubles',
    'creates-in-parallel',
    successes((text) => text.replace(/"recordId":"(\d+)"/g, (_, id) => `"recordId":"${Number(id)}"`)),
    ['list-pages'],
  ],
  [
    'properties are parsed and written anew',
    'record-echo',
    data('GET', '/record/*', (record) =>
      record.properties ? { ...record, properties: JSON.stringify(JSON.parse(String(record.properties))) } : record,
    ),
  ],
  [
    'properties are trimmed',
    'record-echo',
    bodies('POST', '/record', (body) =>
      typeof body.properties === 'string' ? { ...body, properties: body.properties.trim() } : body,
    ),
  ],
  [
    'properties are normalised (NFC)',
    'record-echo',
    bodies('POST', '/record', (body) =>
      typeof body.properties === 'string' ? { ...body, properties: body.properties.normalize('NFKC') } : body,
    ),
  ],
  [
    'characters beyond the BMP are lost',
    'record-echo',
    data('GET', '/record/*', (record) => ({
      ...record,
      ...(record.properties ? { properties: String(record.properties).replace(/[\u{10000}-\u{10ffff}]/gu, '?') } : {}),
    })),
  ],
  [
    'long properties are cut off',
    'record-echo',
    data('GET', '/record/*', (record) =>
      String(record.properties).length > 16_000 ? { ...record, properties: '"cut"' } : record,
    ),
  ],
  ['moduleCode is always 101', 'record-echo', data('POST', '/record', (record) => ({ ...record, moduleCode: '101' }))],
];
