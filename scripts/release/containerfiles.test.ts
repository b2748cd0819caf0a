import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packBuilt, publishedFolders, type Tarball } from '@koodrive-backup/lib/pack';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { type Dockerfile, DockerfileParser, type JSONInstruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// No container is built here: what these files say is held against the packages that they are in.

interface Manifest {
  name: string;
  version: string;
  engines: { node: string };
  files: string[];
  bin: Record<string, string>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(rootDir, folder, 'package.json'), 'utf8'));
const folders = publishedFolders.filter((folder) => manifestOf(folder).files.includes('Containerfile'));

let folder: string;
let tarballs: Tarball[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'containerfiles-test-'));
  tarballs = packBuilt(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('are those of mock and server', () => expect(folders.toSorted()).toEqual(['packages/mock', 'packages/server']));

describe.each(folders)('the Containerfile of %s', (path) => {
  const manifest = manifestOf(path);
  const text = readFileSync(join(rootDir, path, 'Containerfile'), 'utf8');
  const file = DockerfileParser.parse(text);
  const argumentsOf = (keyword: string): string[] =>
    file
      .getInstructions()
      .filter((instruction) => instruction.getKeyword() === keyword)
      .map((instruction) => instruction.getArgumentsContent() ?? '');

  it('is valid', () => {
    expect(validate(text)).toEqual([]);
  });

  it('is of a Node that the package runs on', () => {
    const [, least = ''] = /^>=(\d+)/.exec(manifest.engines.node) ?? [];
    for (const image of file.getFROMs().map((from) => from.getImage() ?? '')) {
      expect(Number(/node:(\d+)-slim$/.exec(image)?.[1]), image).toBeGreaterThan(Number(least));
    }
  });

  it('copies only what the package or a stage holds', () => {
    const held = tarballs.find(({ name }) => name === manifest.name)?.files.map(({ path }) => path) ?? [];
    const stages = file.getFROMs().map((from) => from.getBuildStage());
    for (const copy of file.getCOPYs()) {
      const from = copy.getFromFlag()?.getValue();
      const sources = copy
        .getArguments()
        .slice(0, -1)
        .map((argument) => argument.getValue());
      expect(sources).not.toEqual([]);
      if (from !== undefined) expect(stages).toContain(from);
      else
        for (const source of sources)
          expect(
            held.some((name) => name === source || name.startsWith(`${source}/`)),
            source,
          ).toBe(true);
    }
  });

  it('runs its command without a shell, which would keep signals from it, and not as root', () => {
    expect(argumentsOf('USER')).toEqual(['node']);
    const [command = '', ...args] = commandOf(file);
    const program = manifest.bin[command] ?? expect.fail(`the package has no command ${command}`);
    // Unknown options are refused even here.
    const printed = execFileSync(process.execPath, [join(rootDir, path, program), ...args, '--version'], {
      encoding: 'utf8',
    });
    expect(printed.trim()).toBe(manifest.version);
  });
});

/** What a container runs: the words of ENTRYPOINT and of CMD, which must be arrays in JSON. */
function commandOf(file: Dockerfile): string[] {
  const words = (instruction: JSONInstruction): string[] => JSON.parse(instruction.getArgumentsContent() ?? '');
  return [...file.getENTRYPOINTs().flatMap(words), ...file.getCMDs().flatMap(words)];
}
