// `node scripts/tasks.ts NAME`: the root scripts that have turbo run tasks, and do nothing else.
import { command } from './command.ts';
import { turbo } from './turbo.ts';

const tasks: Record<string, { does: string; turbo: string[] }> = {
  dev: {
    does: 'Serves the mock and the docs, and makes both anew when the contract changes, until Ctrl-C.',
    turbo: ['watch', 'generate', 'build', 'docs:build', 'dev'],
  },
  generate: {
    does: 'Writes the checked-in files that are derived from the contract.',
    turbo: ['run', 'generate'],
  },
  lint: {
    does: 'Checks the contract, the types, the code style, and that nothing is unused.',
    turbo: ['run', 'lint', 'types', '//#biome', '//#knip'],
  },
  'docs:build': {
    does: 'Builds the docs into spec/docs/index.html.',
    turbo: ['run', 'docs:build'],
  },
  'test:packages': {
    does: 'Packs the packages as they would be published, and tests the tarballs.',
    turbo: ['run', 'test:packages'],
  },
};

const [name = '', ...args] = process.argv.slice(2);
const task = tasks[name];
if (!task) throw new Error(`tasks.ts runs one of ${Object.keys(tasks).join(', ')}, not '${name}'`);
await command(`Usage: pnpm ${name}\n\n${task.does}`, () => turbo(task.turbo), { args });
