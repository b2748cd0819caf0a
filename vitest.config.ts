import { join } from 'node:path';
import { defineConfig, type ViteUserConfigFnObject } from 'vitest/config';

const rooms = [
  'spec',
  ...['client', 'conformance', 'docs', 'mock', 'server'].map((name) => `packages/${name}`),
  ...['compare', 'dev', 'e2e', 'generate', 'lib', 'release'].map((name) => `scripts/${name}`),
];

const inRoom = (...path: string[]): string => join(import.meta.dirname, ...path);

// A compile cache for tests that start many processes and threads from the same files.
const startsMany = { env: { NODE_COMPILE_CACHE: inRoom('node_modules', '.cache', 'compile') } };

const settings: Record<string, object> = {
  'packages/mock': startsMany,
  // More workers for server and e2e than Vitest starts on two cores, because their tests mostly wait for disks,
  // databases and other processes.
  'packages/server': {
    ...startsMany,
    globalSetup: inRoom('packages', 'server', 'test', 'global-setup.ts'),
    maxWorkers: 3,
  },
  'scripts/e2e': { globalSetup: inRoom('scripts', 'e2e', 'global-setup.ts'), maxWorkers: 2 },
};

const config: ViteUserConfigFnObject = defineConfig(({ mode }) => ({
  test: {
    // So high that only a hang reaches them, because no test asserts how fast a machine is.
    testTimeout: mode === 'soak' ? 3_600_000 : 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Do not isolate files: most are quick, and starting a worker for each would take longer than its tests.
    isolate: false,
    projects: rooms.map((root) => ({
      extends: true,
      root,
      test: { name: root.replace(/^.*\//, ''), ...settings[root] },
    })),
  },
}));
export default config;
