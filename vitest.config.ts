import { defineConfig, type ViteUserConfig } from 'vitest/config';

const rooms = [
  'spec',
  ...['client', 'conformance', 'docs', 'mock', 'server'].map((name) => `packages/${name}`),
  ...['compare', 'dev', 'e2e', 'generate', 'lib', 'release'].map((name) => `scripts/${name}`),
];

const globalSetups: Record<string, string> = {
  'packages/server': 'test/global-setup.ts',
  'scripts/e2e': 'global-setup.ts',
};

const config: ViteUserConfig = defineConfig({
  test: {
    // High enough that only a hang meets them: no test is about how fast a machine is.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    projects: rooms.map((root) => ({
      extends: true,
      root,
      test: {
        name: root.replace(/^.*\//, ''),
        ...(root in globalSetups && { globalSetup: `${import.meta.dirname}/${root}/${globalSetups[root]}` }),
      },
    })),
  },
});
export default config;
