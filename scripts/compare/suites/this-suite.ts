import { join } from 'node:path';
import { runProcess } from './run-process.ts';
import type { Tool } from './tool.ts';
import { versionOf } from './versions.ts';

/** The conformance suite, as a separate process like the other tools. */
export const thisSuite: Tool = {
  name: 'this',
  label: `this suite ${versionOf('@koodrive-backup/conformance')}`,
  setup:
    'as a process that calls `runConformance` at level `behaviour`; it cannot move the clock of the provider, so it does ' +
    'not observe what takes half an hour',
  async run(scene, signal) {
    const { baseUrl, userId, token, app, other, expiredToken, folder } = scene;
    const credentials = { userId, token, app };
    const script = join(import.meta.dirname, 'run-this-suite.ts');
    const options = JSON.stringify({ baseUrl, credentials, other, expiredToken });
    return JSON.parse(await runProcess(process.execPath, [script, options], { cwd: folder, signal }));
  },
};
