// Node loads this before Redocly's command line, so that its HTML comes from the same patched Redoc that browsers run.
import { registerHooks } from 'node:module';
import { isRedoc, patchRedoc } from './patches.ts';

let patched = 0;
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const code = loaded.format === 'module' && loaded.source ? Buffer.from(loaded.source as Uint8Array).toString() : '';
    if (!isRedoc(code)) return loaded;
    patched += 1;
    return { ...loaded, source: patchRedoc(code) };
  },
});
process.on('exit', () => {
  if (patched !== 1) throw new Error(`Redoc is in ${patched} files of Redocly's command line instead of one`);
});
