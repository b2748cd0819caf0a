import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { listChecks } from './checks/all.ts';
import { parseDeviations } from './findings/deviations.ts';
import { parseReport } from './findings/replay.ts';
import type { Report } from './findings/report.ts';
import { annotations } from './formats/annotations.ts';
import { consoleReport } from './formats/console.ts';
import { createHarFile, type HarFile } from './formats/har.ts';
import { htmlReport } from './formats/html.ts';
import { junitReport } from './formats/junit.ts';
import type { ReportFile, TestRun } from './options.ts';
import { runConformance } from './run.ts';

/** Returns all checks as text, one a line. */
export function list(): string {
  return listChecks()
    .map(({ id, level, title }) => `${id.padEnd(32)}${level.padEnd(11)}${title}`)
    .join('\n');
}

/**
 * Runs the suite, writes its reports, and prints the result. An interrupted run also reports what it has seen so far.
 *
 * @returns The exit status.
 * @throws Error with a message for the user if the suite could not run, or was interrupted.
 */
export async function test(run: TestRun): Promise<number> {
  const { options, reports, deviations, replay: replayFile, ca, tokenCommand, isSlow } = run;
  for (const { file } of reports) await assertWritable(file);
  const declared = deviations === undefined ? [] : await readAs(deviations, parseDeviations);
  const replay = replayFile === undefined ? undefined : await readAs(replayFile, parseReport);
  const certificates = ca === undefined ? undefined : await readAs(ca, parseCertificates);
  const renewToken = tokenCommand === undefined ? undefined : () => tokenBy(tokenCommand);
  const token = await renewToken?.();
  const progress = process.stderr.isTTY;
  const clear = (): void => void (progress && process.stderr.write('\r\x1b[K'));
  const interruption = new AbortController();
  const archives = reports
    .filter(({ format }) => format === 'har')
    .map(({ file }) => createHarFile(file, contract.info.version));
  const interrupt = (): void => {
    if (interruption.signal.aborted) endAtOnce(archives);
    interruption.abort();
    clear();
    if (progress) process.stderr.write('interrupted: removing what was created. Interrupt again to end at once');
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  let report: Report;
  try {
    report = await runConformance({
      ...options,
      ...(replay && { replay }),
      ...(renewToken && token !== undefined && { renewToken, credentials: { ...options.credentials, token } }),
      ...(certificates !== undefined && { ca: certificates }),
      deviations: declared,
      signal: interruption.signal,
      ...((isSlow || replay?.slow) && {
        wait: (ms) => sleep(ms, undefined, { signal: interruption.signal }),
      }),
      onCheck: ({ id, index, count }) => {
        if (!progress || interruption.signal.aborted) return;
        clear();
        process.stderr.write(`${index + 1}/${count} ${id}`);
      },
      ...(archives.length > 0 && {
        onExchange: (entry) => {
          for (const archive of archives) archive.add(entry);
        },
      }),
    });
  } catch (error) {
    for (const archive of archives) archive.discard();
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    clear();
  }
  for (const archive of archives) archive.close();
  for (const { format, file } of reports) {
    if (format !== 'har') await writeFile(file, written[format](report));
  }
  console.log(consoleReport(report, process.stdout.isTTY && !process.env.NO_COLOR));
  if (process.env.GITHUB_ACTIONS) console.log(annotations(report));
  if (interruption.signal.aborted) throw new Error(`interrupted; ${remains(report)}`);
  return statusOf(report);
}

/** Returns 1 if anything fails, and 2 if nothing fails but a replayed failure was not observed. */
function statusOf({ honoured, replayed = [] }: Report): number {
  const outcomes = replayed.map(({ outcome }) => outcome);
  if (!honoured || outcomes.includes('still fails')) return 1;
  return outcomes.includes('not observed') ? 2 : 0;
}

function remains({ leftBehind }: Report): string {
  return leftBehind.length === 0 ? 'what was created has been removed' : `left behind: ${leftBehind.join(', ')}`;
}

/** Ends the process after a second interruption, without waiting. Removes the archives, which are incomplete. */
function endAtOnce(archives: readonly HarFile[]): never {
  for (const archive of archives) archive.discard();
  console.error('koodrive-conformance: interrupted twice; some of what was created may remain');
  process.exit(2);
}

const written: Record<Exclude<ReportFile['format'], 'har'>, (report: Report) => string> = {
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  junit: junitReport,
  html: htmlReport,
};

async function readAs<T>(file: string, parse: (text: string) => T): Promise<T> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`cannot use ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Returns the text of a certificate file after checking it. @throws Error if it holds no usable certificate. */
function parseCertificates(pem: string): string {
  createSecureContext({ ca: pem });
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no certificate in PEM');
  return pem;
}

/** Runs a command and returns the token that it prints. Its output is secret; its stderr goes to the user. */
async function tokenBy(command: string): Promise<string> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const token = output.trim();
  if (status !== 0) throw new Error(`the token command ended with status ${status}`);
  if (!/^[\x21-\x7e]+( [\x21-\x7e]+)?$/.test(token))
    throw new Error('the token command must print one token and nothing else');
  return token;
}

/** Throws before the run if a report cannot be written, rather than after it. */
async function assertWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
  } catch (error) {
    throw new Error(`cannot write ${file}: its folder does not exist or is not writable`, { cause: error });
  }
}
