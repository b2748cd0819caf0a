import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupServer, startServer } from '@koodrive-backup/server';
import type { Report } from '../src/findings/report.ts';
import { runConformance } from '../src/run.ts';
import type { ConformanceOptions } from '../src/settings.ts';
import type { World } from './faulty-providers.ts';
import { startWrapped, type Wrapper } from './provider.ts';
import { createWorlds, type Time } from './worlds.ts';

/** A reference provider for many runs, each with its own users. */
export interface Reference {
  /**
   * Runs both levels against the provider, or against a wrapper around it.
   *
   * @param aheadMs How far the provider's clock is ahead of the machine's. Default 0.
   */
  run(options?: Partial<ConformanceOptions>, wrap?: (world: World) => Wrapper, aheadMs?: number): Promise<Report>;
  /** Returns a new user, and the URL of the provider without a wrapper. */
  world(): Promise<{ world: World; server: string }>;
  close(): Promise<void>;
}

const asItIs: Wrapper = (request, forward) => forward(request);

/** A server of the reference provider, with its clock and users. */
interface Running {
  server: BackupServer;
  data: string;
  time: Time;
  newWorld: () => Promise<World>;
}

async function startRunning(): Promise<Running> {
  const data = await mkdtemp(join(tmpdir(), 'koodrive-'));
  const time: Time = { passed: 0 };
  const server = await startServer({ data, now: () => Date.now() + time.passed });
  return { server, data, time, newWorld: createWorlds(server, time) };
}

async function stop({ server, data }: Running): Promise<void> {
  await server.close();
  await rm(data, { recursive: true });
}

/** Starts the reference provider on an empty folder. */
export async function startReference(): Promise<Reference> {
  let running = await startRunning();

  return {
    async run(options = {}, wrap = () => asItIs, aheadMs = 0) {
      const { server, time, newWorld } = running;
      const { userId, token, app, expiredToken, other } = await newWorld();
      time.passed = aheadMs;
      const wrapper = wrap({ userId, token, app, expiredToken, other });
      const provider = await startWrapped(server.url, (request, forward) =>
        wrapper(request, async (message) => {
          const answer = await forward(message);
          // node:http sets this header by the machine's clock.
          const date = new Date(Date.now() + time.passed).toUTCString();
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
          strict: true,
          // Longer than a slow machine delays an answer.
          deadlineMs: 60_000,
          seed: 1,
          wait: async (ms) => {
            time.passed += ms;
          },
          ...options,
        });
      } finally {
        provider.close();
        // A server's ids and createTimes never go back, so this server would be ahead of its header Date from now on.
        if (time.passed > 0) {
          await stop(running);
          running = await startRunning();
        }
        time.passed = 0;
      }
    },
    world: async () => ({ world: await running.newWorld(), server: running.server.url }),
    close: () => stop(running),
  };
}
