import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultyProviders } from '../../../packages/conformance/test/index.ts';
import { compare, sampleOf } from './compare.ts';
import { runProcess } from './run-process.ts';
import type { Scene } from './stage.ts';
import type { Tool, Verdict } from './tool.ts';

const fault = { name: 'wrong', class: 'some', check: 'none', wrap: () => async () => 'reset' as const };

/** Returns a tool that finds out whether the provider resets connections, and reports what `answer` decides. */
const toolThat = (answer: (isFaulty: boolean, run: number) => string[] | 'no result'): Tool => {
  let runs = 0;
  return {
    name: 'tool',
    label: 'tool 1.0.0',
    setup: 'as it is',
    async run({ baseUrl }): Promise<Verdict> {
      const isFaulty = await fetch(baseUrl).then(
        () => false,
        () => true,
      );
      runs += 1;
      const failed = answer(isFaulty, runs);
      if (failed === 'no result') throw new Error('out of memory');
      return { total: 3, failed };
    },
  };
};

async function resultOf(tool: Tool): Promise<{ caught: string[]; falseAlarms: string[]; told: string[] }> {
  const told: string[] = [];
  const { signal } = new AbortController();
  const [result] = await compare([tool], [fault], { signal, tell: (line) => told.push(line) });
  return { caught: [...(result?.caught ?? [])], falseAlarms: [...(result?.falseAlarms ?? [])], told };
}

describe('a fault is caught', () => {
  it('if a test fails that passes on the correct provider', async () => {
    const result = await resultOf(toolThat((isFaulty) => (isFaulty ? ['a', 'b'] : ['a'])));
    expect(result).toMatchObject({ caught: ['wrong'], falseAlarms: ['a'] });
    expect(result.told).toEqual(['tool 1.0.0: 1 false alarms of 3', '1 of 1: some: wrong: tool']);
  });

  it('if the same test fails in both runs, even with other ids in its name', async () => {
    const { caught } = await resultOf(
      toolThat((isFaulty, run) => (isFaulty ? [`GET /record/197164953555383${run}`] : [])),
    );
    expect(caught).toEqual(['wrong']);
  });

  it('if the tool reports no result', async () => {
    const { caught } = await resultOf(toolThat((isFaulty) => (isFaulty ? 'no result' : [])));
    expect(caught).toEqual(['wrong']);
  });
});

describe('a fault is not caught', () => {
  it('if the test also fails on the correct provider, even in one run only', async () => {
    const { caught, falseAlarms } = await resultOf(toolThat((isFaulty, run) => (isFaulty || run === 2 ? ['a'] : [])));
    expect({ caught, falseAlarms }).toEqual({ caught: [], falseAlarms: ['a'] });
  });

  it('if the test fails in only one of two runs', async () => {
    const { caught } = await resultOf(toolThat((isFaulty, run) => (isFaulty && run % 2 === 0 ? ['a'] : [])));
    expect(caught).toEqual([]);
  });
});

it('refuses a tool that reports no result on the correct provider', async () => {
  await expect(resultOf(toolThat(() => 'no result'))).rejects.toThrow(
    'tool 1.0.0 reported no result on the correct provider: out of memory',
  );
});

it('ends the running process and its provider, and removes its folder, when it is stopped', async () => {
  const controller = new AbortController();
  const scenes: Scene[] = [];
  let isEnded = false;
  const tool: Tool = {
    name: 'slow',
    label: 'slow 1.0.0',
    setup: 'as it is',
    async run(scene, signal) {
      scenes.push(scene);
      setTimeout(() => controller.abort(new Error('stopped')), 100);
      const forever = 'setInterval(() => undefined, 1000)';
      await runProcess(process.execPath, ['-e', forever], { cwd: scene.folder, signal }).finally(
        () => (isEnded = true),
      );
      return { total: 1, failed: [] };
    },
  };
  const { signal } = controller;
  await expect(compare([tool], [fault], { signal, tell: () => undefined })).rejects.toThrow('stopped');
  expect(isEnded).toBe(true);
  expect(scenes.map(({ folder }) => existsSync(folder))).toEqual([false]);
  await expect(fetch(`${scenes[0]?.baseUrl}`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});

it('samples every class in proportion to its size', () => {
  const classes = new Set(faultyProviders.map((one) => one.class));
  expect(sampleOf(faultyProviders, 1)).toEqual(faultyProviders);
  expect(sampleOf(faultyProviders, faultyProviders.length).map((one) => one.class)).toEqual([...classes]);
  const ofTen = Array.from({ length: 10 }, (_, index) => ({ ...fault, name: `${index}` }));
  expect(sampleOf(ofTen, 4).map(({ name }) => name)).toEqual(['0', '4', '8']);
});
