import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../src/findings/report.ts';
import { faultyProviders } from './faulty-providers.ts';
import { type Reference, startReference } from './run-against.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await startReference();
});
afterAll(() => reference.close());

it.each([
  ['a cursor is good for another list', ['E16']],
  ['a lock is handed out twice', ['E12']],
  ['a body without Content-Type is refused', ['E11']],
  ['half of a surrogate pair in properties is replaced', ['E27']],
  ['createTime has no milliseconds', ['E28']],
  ['a charset is refused', ['E35']],
  ['any Content-Type is taken for JSON', ['E35']],
  ['Content-Encoding is passed over', ['E35']],
])(
  'fails only with strict if only the errata decide the violation, and names the erratum: %s',
  async (name, errata) => {
    const [lenient, strict] = await runsOf(name);
    expect(lenient.findings[0]).toMatchObject({ fails: false, first: { errata } });
    expect(new Set(lenient.results.map(({ outcome }) => outcome))).toContain('our reading');
    expect([lenient.honoured, strict.honoured]).toEqual([true, false]);
    expect(strict.findings[0]).toMatchObject({ fails: true, first: { errata } });
  },
);

it.each(["another user's record can be read", 'deviceOS is lost', 'properties with emoji are refused'])(
  'fails for what a page decides, strict or not: %s',
  async (name) => {
    for (const { honoured, findings } of await runsOf(name)) {
      expect(honoured).toBe(false);
      expect(findings[0]?.fails).toBe(true);
      expect(findings[0]?.first.errata).toBeUndefined();
    }
  },
);

/** Runs the suite twice against a faulty provider: once by default, and once with `strict`. */
async function runsOf(name: string): Promise<[Report, Report]> {
  const faulty = faultyProviders.find((one) => one.name === name);
  if (!faulty) throw new Error(`there is no faulty provider ${name}`);
  const run = (strict: boolean): Promise<Report> =>
    reference.run({ only: [faulty.check], strict, runs: 2 }, faulty.wrap);
  return [await run(false), await run(true)];
}
