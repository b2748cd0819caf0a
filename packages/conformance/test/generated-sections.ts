import { readFileSync, writeFileSync } from 'node:fs';
import { needs } from '../src/check.ts';
import { listChecks } from '../src/checks/all.ts';
import { aboutOption, optionForm, options } from '../src/options.ts';
import { faultyProviders } from './faulty-providers.ts';

/** A part of a file that is generated from the code. */
interface Section {
  file: URL;
  /** Matches three groups: the text before the part, the part, and the text after it. */
  place: RegExp;
  text: () => string;
}

const readme = new URL('../README.md', import.meta.url);
const figures = new URL('../../docs/pages/conformance-figures.md', import.meta.url);

const sections: Section[] = [
  { file: readme, place: /(<!-- options -->\n)([\s\S]*)(<!-- \/options -->)/, text: optionTable },
  { file: readme, place: /(<!-- needs -->\n)([\s\S]*)(<!-- \/needs -->)/, text: needsTable },
  { file: figures, place: /(<!-- faults -->\n)([\s\S]*)(<!-- \/faults -->)/, text: faultTable },
  {
    file: new URL('../action.yml', import.meta.url),
    place: /(\ninputs:\n)([\s\S]*?)(\noutputs:\n)/,
    text: actionInputs,
  },
];

/** Returns the current and the expected text of each file, by path. */
export function generatedFiles(): Map<string, { current: string; expected: string }> {
  const files = new Map<string, { current: string; expected: string }>();
  for (const { file, place, text } of sections) {
    const { current, expected } = files.get(file.pathname) ?? both(readFileSync(file, 'utf8'));
    // Without this error, a file that lost its markers would count as up to date.
    if (!place.test(expected))
      throw new Error(`${file.pathname} has no text that matches ${place}: restore its markers`);
    files.set(file.pathname, {
      current,
      expected: expected.replace(place, (_, before, _old, after) => before + text() + after),
    });
  }
  return files;
}

const both = (text: string): { current: string; expected: string } => ({ current: text, expected: text });

function optionTable(): string {
  const rows = options.map((one) => `| \`${optionForm(one)}\` | ${aboutOption(one).join('. ')} |`);
  return `\n| Option | What it is for |\n|---|---|\n${rows.join('\n')}\n\n`;
}

/** Lists what a run may lack, and the checks that see nothing without it. */
function needsTable(): string {
  const rows = Object.entries(needs).map(([need, { what, option }]) => {
    const checks = listChecks().filter((check) => check.needs.some((name) => name === need));
    return `| ${what} | ${option.replace(/-[-\w]+|[A-Z_]+/g, '`$&`')} | ${checks.map(({ id }) => `\`${id}\``).join(', ')} |`;
  });
  return `\n${['| Without | Given by | These checks see nothing |', '|---|---|---|', ...rows].join('\n')}\n\n`;
}

/** Lists every check with the faults that it finds. */
function faultTable(): string {
  const rows = listChecks().map(({ id, level, title }) => {
    const names = faultyProviders.filter(({ check }) => check === id).map(({ name }) => name);
    return `| \`${id}\` | ${level} | ${title} | ${names.join('; ')} |`;
  });
  const classes = new Set(faultyProviders.map((one) => one.class));
  const head = ['| Check | Level | Property | Faults that it finds |', '|---|---|---|---|'];
  const count = `${faultyProviders.length} faulty providers, in ${classes.size} classes:`;
  return `\n${count}\n\n${[...head, ...rows].join('\n')}\n\n`;
}

/** Lists the inputs of the action: the options that are neither secret nor local, the base URL, and the folder. */
function actionInputs(): string {
  const inputs = options
    .filter(({ isSecret, isLocal }) => !isSecret && !isLocal)
    .map((one) => {
      const about = one.isRepeated ? `${one.about.join('; ')}; separate several with spaces` : one.about.join('; ');
      return input(one.name, about, one.name === 'user-id' ? 'required: true' : undefined);
    });
  const folder = input('reports', 'the folder for the reports', 'default: conformance-report');
  return [input('base-url', "the provider's base URL", 'required: true'), ...inputs, folder].join('');
}

function input(name: string, about: string, more: string | undefined): string {
  const description = about.includes(': ') ? `'${about.replaceAll("'", "''")}'` : about;
  return `  ${name}:\n    description: ${description}\n${more === undefined ? '' : `    ${more}\n`}`;
}

if (import.meta.main) for (const [file, { expected }] of generatedFiles()) writeFileSync(file, expected);
