import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '@koodrive-backup/server';
import type { World } from '../../../packages/conformance/test/index.ts';
import { createWorlds, startWrapped, type Wrapper } from '../../../packages/conformance/test/index.ts';

/** The input of one run of a tool: a provider, and a user that the provider knows. */
export interface Scene extends World {
  /** URL of the provider to test, which may be faulty. */
  baseUrl: string;
  /** URL of the reference provider behind it. */
  correctUrl: string;
  /** A folder for this run only. */
  folder: string;
  /** The user's header Authorization. */
  authorization: string;
  close(): void;
}

/** The reference provider, for many runs. */
export interface Stage {
  /** Creates a user and a provider. The provider is correct unless `wrap` adds a fault. */
  scene(wrap?: (world: World) => Wrapper): Promise<Scene>;
  close(): Promise<void>;
}

/** Starts the reference provider on an empty folder. */
export async function startStage(): Promise<Stage> {
  const root = mkdtempSync(join(tmpdir(), 'compare-suites-'));
  const time = { passed: 0 };
  const server = await startServer({ data: join(root, 'data'), now: () => Date.now() + time.passed });
  const newWorld = createWorlds(server, time);

  return {
    async scene(wrap = () => (request, forward) => forward(request)) {
      const world = await newWorld();
      const folder = join(root, world.userId);
      mkdirSync(folder);
      const provider = await startWrapped(server.url, wrap(world));
      return {
        ...world,
        baseUrl: provider.url,
        correctUrl: server.url,
        folder,
        authorization: `Bearer+${world.token}`,
        close() {
          provider.close();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
    async close() {
      await server.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
