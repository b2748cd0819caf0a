import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupServer, startServer } from '@koodrive-backup/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../src/findings/report.ts';
import { runConformance } from '../src/run.ts';

let data: string;
let server: BackupServer;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'koodrive-'));
  server = await startServer({ data });
});
afterAll(async () => {
  await server.close();
  await rm(data, { recursive: true });
});

const isSoak = process.env.MODE === 'soak';
const only = [
  'lock-exclusive',
  'lock-parallel',
  'lock-needed',
  'enum-accepted',
  'examples-accepted',
  'record-completed',
  'list-filtered',
  'device-bound',
  'any-order',
];

it('reports no violation if two runs use the same user at the same time', async () => {
  const credentials = { userId: '7', token: await server.issueToken('7') };
  const run = (seed: number): Promise<Report> =>
    runConformance({
      baseUrl: server.url,
      credentials,
      level: 'behaviour',
      deadlineMs: 60_000,
      seed,
      runs: 5,
      ...(!isSoak && { only }),
    });
  const reports = await Promise.all([run(1), run(2)]);
  for (const { results, leftBehind } of reports) {
    expect(results.filter(({ outcome }) => outcome === 'violated')).toEqual([]);
    // Both runs bind the machine of the contract's example, and only one of them can unbind it.
    expect(leftBehind.filter((left) => !left.startsWith('device'))).toEqual([]);
  }
  const reasons = reports.flatMap(({ results }) => results.map(({ reason = '' }) => reason));
  expect(reasons.some((reason) => /another run of the suite|module|not accepted/.test(reason))).toBe(true);
});
