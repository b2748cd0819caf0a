import { readFileSync, writeFileSync } from 'node:fs';
import { listChecks } from '../src/run.ts';
import { faultyProviders } from './faulty-providers.ts';

const readme = new URL('../README.md', import.meta.url);

/** The README as it has to be: with the faults that each check finds. */
export function readmeWithTable(): string {
  const rows = listChecks().map(({ id, level, title }) => {
    const names = faultyProviders.filter(({ check }) => check === id).map(({ name }) => name);
    return `| \`${id}\` | ${level} | ${title} | ${names.join('; ')} |`;
  });
  const count = `${faultyProviders.length} faulty providers, in ${new Set(faultyProviders.map((one) => one.class)).size} classes:`;
  const table = ['| Check | Level | What has to be so | Faults that it finds |', '|---|---|---|---|', ...rows].join(
    '\n',
  );
  const place = /(<!-- faults -->\n)[\s\S]*(<!-- \/faults -->)/;
  // Without its place, the README as it is would be the README as it has to be.
  if (!place.test(currentReadme())) throw new Error('the README has no place for the table of faults');
  return currentReadme().replace(place, `$1\n${count}\n\n${table}\n\n$2`);
}

/** The README as it is. */
export function currentReadme(): string {
  return readFileSync(readme, 'utf8');
}

if (import.meta.main) writeFileSync(readme, readmeWithTable());
