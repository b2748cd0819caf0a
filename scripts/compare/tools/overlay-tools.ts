import { deepStrictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand, runProgram } from './peers.ts';
import { type Tool, variants } from './tool.ts';

/** A tool that applies overlays. */
interface OverlayTool {
  name: string;
  /** Returns the JSON of the contract with the overlay applied. */
  apply(contract: string, overlay: string, folder: string): Promise<string>;
}

const overlayAppliers: OverlayTool[] = [
  {
    name: 'bump-cli',
    apply: (contract, overlay, folder) => runCommand('bump-cli', ['overlay', contract, overlay], folder),
  },
  {
    name: 'openapi-format',
    async apply(contract, overlay, folder) {
      const output = join(folder, 'applied.json');
      const args = [contract, '--overlayFile', overlay, '--no-sort', '--output', output];
      await runCommand('openapi-format', args, folder);
      return readFileSync(output, 'utf8');
    },
  },
  {
    name: 'openapi-overlays-js',
    // Not its command, because that prints YAML.
    apply: (contract, overlay, folder) =>
      runProgram(
        `import { readFileSync } from 'node:fs';
        import { applyOverlay } from 'openapi-overlays-js/src/overlay.js';
        const [contract, overlay] = process.argv.slice(1).map((file) => JSON.parse(readFileSync(file, 'utf8')));
        console.log(JSON.stringify(applyOverlay(contract, overlay)));`,
        [contract, overlay],
        folder,
      ),
  },
];

export const overlayTools: Tool[] = overlayAppliers.map(({ name, apply }) => ({
  name,
  tried: `applied the overlay to \`${variants.contract}\`, and the result was \`${variants.unsigned}\``,
  files: ['openapi-unsigned.overlay.json'],
  async run({ file, folder }) {
    const applied = await apply(join(dirname(file), variants.contract), file, folder);
    const unsigned = readFileSync(join(dirname(file), variants.unsigned), 'utf8');
    deepStrictEqual(JSON.parse(applied), JSON.parse(unsigned));
  },
}));
