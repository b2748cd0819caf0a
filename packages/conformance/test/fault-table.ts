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
  return currentReadme().replace(/(<!-- faults -->\n)[\s\S]*(<!-- \/faults -->)/, `$1\n${count}\n\n${table}\n\n$2`);
}

/** The README as it is. */
export function currentReadme(): string {
  return readFileSync(readme, 'utf8');
}

if (import.meta.main) writeFileSync(readme, readmeWithTable());
