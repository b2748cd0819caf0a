import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import ts from 'typescript';
import { expect, it } from 'vitest';

const file = join(rootDir, 'packages', 'client', 'src', 'hovered.ts');

/** Returns a language service, as an editor uses it, for a program that exists only in memory. */
function editorOf(program: string): ts.LanguageService {
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  };
  return ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => true,
    getCurrentDirectory: () => rootDir,
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const text = name === file ? program : ts.sys.readFile(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
}

it('an editor shows the documentation of the operation at a call', () => {
  const program = `import type { BackupClient } from './index.ts';
    declare const client: BackupClient;
    client.POST('/koodrive/ose/v1/backup/record', {
      params: { header: { 'x-backup-lock-id': 'l' } }, body: { moduleCode: '101', deviceId: '1' },
    });
    client.PATCH('/koodrive/ose/v1/backup/lock', { params: { header: { 'x-backup-lock-id': 'l' } } });`;
  const editor = editorOf(program);
  const shownAt = (text: string): string => {
    const info = editor.getQuickInfoAtPosition(file, program.indexOf(text) + 'client.'.length);
    return ts.displayPartsToString(info?.documentation);
  };
  const { post } = contract.paths['/koodrive/ose/v1/backup/record'];
  const { patch } = contract.paths['/koodrive/ose/v1/backup/lock'];
  expect(shownAt('client.POST')).toBe(`${post.summary}.\n\n${post.description.trim()}`);
  expect(shownAt('client.PATCH')).toBe(`${patch.summary}.\n\n${patch.description.trim()}`);
});
