import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packBuilt, publishedFolders, type Tarball } from '@koodrive-backup/lib/pack';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { type Dockerfile, DockerfileParser, type JSONInstruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// These tests build no container. They compare each Containerfile with its package.

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

it('mock and server have a Containerfile', () =>
  expect(folders.toSorted()).toEqual(['packages/mock', 'packages/server']));

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

  it('has a Node on which the package runs', () => {
    const [, least = ''] = /^>=(\d+)/.exec(manifest.engines.node) ?? [];
    for (const image of file.getFROMs().map((from) => from.getImage() ?? '')) {
      expect(Number(/node:(\d+)-slim$/.exec(image)?.[1]), image).toBeGreaterThan(Number(least));
    }
  });

  it('copies only files of the package or of a stage', () => {
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

  it('runs its command without a shell, which would not pass signals on, and not as root', () => {
    expect(argumentsOf('USER')).toEqual(['node']);
    const [command = '', ...args] = commandOf(file);
    const program = manifest.bin[command] ?? expect.fail(`the package has no command ${command}`);
    // Even with --version the command refuses unknown options, so this run checks them too.
    const printed = execFileSync(process.execPath, [join(rootDir, path, program), ...args, '--version'], {
      encoding: 'utf8',
    });
    expect(printed.trim()).toBe(manifest.version);
  });
});

/** Returns the command of a container: the words of ENTRYPOINT and CMD, which must be JSON arrays. */
function commandOf(file: Dockerfile): string[] {
  const words = (instruction: JSONInstruction): string[] => JSON.parse(instruction.getArgumentsContent() ?? '');
  return [...file.getENTRYPOINTs().flatMap(words), ...file.getCMDs().flatMap(words)];
}
