import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    globalSetup: 'test/global-setup.ts',
    // Most of the tests wait for other processes.
    maxWorkers: 5,
  },
});
export default config;
