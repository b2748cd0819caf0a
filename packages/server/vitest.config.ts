import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({ test: { globalSetup: 'test/global-setup.ts' } });
export default config;
