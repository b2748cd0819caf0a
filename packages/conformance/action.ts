// action.yml runs this file: it runs the suite with the inputs as options, and writes the outputs and the summary.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding, Report, Result } from './src/findings/report.ts';
import { escapedXml } from './src/formats/escaped-xml.ts';
import { options as known } from './src/options.ts';

const { INPUTS = '{}', GITHUB_OUTPUT = '/dev/stdout', GITHUB_STEP_SUMMARY = '/dev/stdout' } = process.env;
const { 'base-url': baseUrl = '', reports = '', ...options } = JSON.parse(INPUTS) as Record<string, string>;

const files = {
  json: 'report.json',
  junit: 'junit.xml',
  html: 'report.html',
  har: 'requests.har',
};
const paths = Object.entries(files).map(([format, file]) => [format, join(reports, file)] as const);

try {
  mkdirSync(reports, { recursive: true });
  // Remove the reports of an earlier run: if this run writes none, they would count as its own.
  for (const [, path] of paths) rmSync(path, { force: true });
} catch {
  // The command reports in one line that it cannot write there.
}

const status = await runSuite([
  ...Object.entries(options).flatMap(([name, value]) => argumentsOf(name, value)),
  ...paths.map(([format, path]) => `--report=${format}=${path}`),
  '--',
  baseUrl,
]);
const outputs = [['verdict', ['honoured', 'violated'][status] ?? 'not-run'], ...paths];
appendFileSync(GITHUB_OUTPUT, outputs.map(([name, value]) => `${name}=${value}\n`).join(''));
appendFileSync(GITHUB_STEP_SUMMARY, `${summary(join(reports, files.json))}\n`);
process.exitCode = status;

/**
 * Returns an input as arguments of the command. An input that was not given is empty. The input of an option without a
 * value is `true`. Spaces separate the values of an option that may be repeated.
 */
function argumentsOf(name: string, text: string): string[] {
  const { value, isRepeated } = known.find((option) => option.name === name) ?? {};
  if (value === undefined) return text === 'true' ? [`--${name}`] : [];
  const values = isRepeated ? text.split(/\s+/) : [text];
  return values.filter((each) => each !== '').map((each) => `--${name}=${each}`);
}

async function runSuite(args: string[]): Promise<number> {
  const cli = join(import.meta.dirname, 'dist', 'cli.js');
  const suite = spawn(process.execPath, [cli, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => suite.kill(signal));
  const [code] = (await once(suite, 'close')) as [number | null];
  return code ?? 2;
}

function summary(file: string): string {
  if (!existsSync(file)) return '## The suite could not run\n\nThe log of the step says why.';
  const { honoured, contract, provider, level, seed, findings, results, warnings } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as Report;
  const count = (outcome: Result['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  const outcomes = (['passed', 'violated', 'our reading', 'declared', 'not observed', 'skipped'] as const)
    .map((outcome) => `${count(outcome)} ${outcome}`)
    .join(', ');
  return [
    `## The contract is ${honoured ? 'honoured' : 'violated'}`,
    `${contract.title} ${contract.version}, level ${level}, seed ${seed}: ${outcomes}.`,
    `<p>${cell(provider)}</p>`,
    ...warnings.map((warning) => `<p>This run proves less than it could: ${cell(warning)}.</p>`),
    ...(findings.length > 0 ? [table(findings)] : []),
  ].join('\n\n');
}

/** Formats the findings as HTML, because a Markdown table would interpret a provider's answers as Markdown. */
function table(findings: Finding[]): string {
  const rows = findings.map(({ checks, operation = '', first: { expected, got } }) =>
    [checks.join(', '), operation, expected, got].map((text) => `<td>${cell(text)}</td>`).join(''),
  );
  const head = '<tr><th>Checks</th><th>Operation</th><th>Expected</th><th>Got</th></tr>';
  return ['<table>', head, ...rows.map((row) => `<tr>${row}</tr>`), '</table>'].join('\n');
}

/** Shortens a text to one line, because a summary has a size limit, and a blank line would end the HTML. */
function cell(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return escapedXml(line.length > 300 ? `${line.slice(0, 300)}…` : line);
}
