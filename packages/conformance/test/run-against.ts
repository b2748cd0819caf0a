import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '@koodrive-backup/server';
import type { Report } from '../src/findings/report.ts';
import { type ConformanceOptions, runConformance } from '../src/run.ts';
import type { World } from './faulty-providers.ts';
import { startWrapped, type Wrapper } from './provider.ts';
import { createWorlds, type Time } from './worlds.ts';

/** A reference provider for many runs, each with users of its own. */
export interface Reference {
  /** Runs both levels against the provider, in a wrapper if one is given. */
  run(options?: Partial<ConformanceOptions>, wrap?: (world: World) => Wrapper): Promise<Report>;
  close(): Promise<void>;
}

const asItIs: Wrapper = (request, forward) => forward(request);

/** Starts the reference provider on an empty folder. */
export async function startReference(): Promise<Reference> {
  const data = await mkdtemp(join(tmpdir(), 'koodrive-'));
  // Half an hour passes for the server, and in the header Date, which node:http makes by its own clock.
  const time: Time = { passed: 0 };
  const now = (): number => Date.now() + time.passed;
  const server = await startServer({ data, now });
  const newWorld = createWorlds(server, time);

  return {
    async run(options = {}, wrap = () => asItIs) {
      const { userId, token, app, expiredToken, other } = await newWorld();
      const wrapper = wrap({ userId, token, app, expiredToken, other });
      const provider = await startWrapped(server.url, (request, forward) =>
        wrapper(request, async (message) => {
          const answer = await forward(message);
          const date = new Date(now()).toUTCString();
          return {
            ...answer,
            headers: answer.headers.map(([name, value]) => [name, /^date$/i.test(name) ? date : value]),
          };
        }),
      );
      try {
        return await runConformance({
          baseUrl: provider.url,
          credentials: { userId, token, app },
          other,
          expiredToken,
          level: 'behaviour',
          refusal: 'status',
          // Longer than a slow machine holds an answer up.
          deadlineMs: 60_000,
          seed: 1,
          wait: async (ms) => {
            time.passed += ms;
          },
          ...options,
        });
      } finally {
        time.passed = 0;
        provider.close();
      }
    },
    async close() {
      await server.close();
      await rm(data, { recursive: true });
    },
  };
}
