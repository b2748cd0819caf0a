import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { specDir } from '@koodrive-backup/lib/workspace';
import { describe, expect, it } from 'vitest';
import { firstCells, reasonOf, toolTable } from './tools/table.ts';
import type { Tool } from './tools/tool.ts';
import { tools } from './tools/tools.ts';
import { tryTools } from './tools/try-tools.ts';

const readme = readFileSync(join(specDir, 'README.md'), 'utf8');
const [, section = ''] = /<!-- compare:tools -->([\s\S]*)<!-- \/compare:tools -->/.exec(readme) ?? [];
const rows = section.split('\n').filter((line) => line.startsWith('| `'));
const cells = rows.map((line) => line.slice(2, -2).split(' | '));
const mend = 'run `npx -y pnpm@12 compare:tools --write`';

it('the table of tools has the version of each tool and what it did', () =>
  expect(
    cells.map((line) => line.slice(0, 3)),
    mend,
  ).toEqual(tools.map(firstCells)));

it('the table of tools names a file to use for each tool', () => {
  for (const [index, { files }] of tools.entries()) {
    expect(files.map((file) => `\`${file}\``)).toContain(cells[index]?.at(-1));
  }
});

it('tools are tried with every OpenAPI and Postman file that the spec package exports', () => {
  const { exports } = JSON.parse(readFileSync(join(specDir, 'package.json'), 'utf8')) as { exports: object };
  const made = Object.keys(exports).filter((path) => /^\.\/(openapi|postman).*\.json$/.test(path));
  const tried = new Set(tools.flatMap(({ files }) => files.map((file) => `./${file}`)));
  expect([...tried].toSorted()).toEqual(made.toSorted());
});

describe('toolTable', () => {
  const tool: Tool = {
    name: 'newman',
    tried: 'ran',
    files: ['a.json', 'b.json', 'c.json'],
    run: async () => undefined,
  };
  const resultsWith = (failed: string[]): string[] => {
    const failures = new Map(failed.map((file) => [file, 'no']));
    const [, , line = '', ...rest] = toolTable([{ tool, failures }]).split('\n');
    return [line.split(' | ').slice(3).join(' | '), ...rest.filter(Boolean)];
  };

  it('names the files that a tool works with, the one to use, and why the others fail', () => {
    expect(resultsWith([])).toEqual(['works with all 3 | `a.json` |']);
    expect(resultsWith(['a.json', 'b.json'])).toEqual([
      'works with `c.json` only | `c.json` |',
      '- `newman`, with `a.json`, `b.json`: `no`',
    ]);
    expect(resultsWith(tool.files)[0]).toBe('does not work | none |');
  });
});

it.each([
  ['\u001b[31mTypeError: no\u001b[39m\n  at /home/someone/file.js', 'TypeError: no'],
  ['/home/someone/app.ts(1,2): error TS1: `a`', "app.ts(1,2): error TS1: 'a'"],
  ['loading\nfailed with an error', 'failed with an error'],
])('the reason of a failure is one line without folders of this machine: %j', (message, reason) => {
  expect(reasonOf(new Error(message))).toBe(reason);
});

// Only in soak: it installs hundreds of packages.
it.skipIf(process.env.MODE !== 'soak')('the table of tools matches the results of the tools', async () => {
  expect(section.trim(), mend).toBe(toolTable(await tryTools(tools, () => undefined)));
});
