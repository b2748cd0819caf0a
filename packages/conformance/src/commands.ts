import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { parseDeviations } from './findings/deviations.ts';
import { parseReport } from './findings/replay.ts';
import type { Report } from './findings/report.ts';
import { annotations } from './formats/annotations.ts';
import { consoleReport } from './formats/console.ts';
import { createHarFile, type HarFile } from './formats/har.ts';
import { htmlReport } from './formats/html.ts';
import { junitReport } from './formats/junit.ts';
import type { ReportFile, TestRun } from './options.ts';
import { listChecks, runConformance } from './run.ts';

/** All checks, one a line. */
export function list(): string {
  return listChecks()
    .map(({ id, level, title }) => `${id.padEnd(32)}${level.padEnd(11)}${title}`)
    .join('\n');
}

/**
 * Runs the suite, writes its reports, and prints the result. An interrupted run does so too, with what it has seen.
 *
 * @returns The exit status.
 * @throws Error with a message for the user if the suite could not be run, or was interrupted.
 */
export async function test({ options, reports, deviations, replay: replayFile, isSlow }: TestRun): Promise<number> {
  for (const { file } of reports) await assertWritable(file);
  const declared = deviations === undefined ? [] : await readAs(deviations, parseDeviations);
  const replay = replayFile === undefined ? undefined : await readAs(replayFile, parseReport);
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
    if (progress) process.stderr.write('interrupted: removing what was created. Once more ends at once');
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  let report: Report;
  try {
    report = await runConformance({
      ...options,
      ...(replay && { replay }),
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

/** 1 if anything fails, 2 if a failure that was sent again could not be seen. */
function statusOf({ honoured, replayed = [] }: Report): number {
  const outcomes = replayed.map(({ outcome }) => outcome);
  if (!honoured || outcomes.includes('still fails')) return 1;
  return outcomes.includes('not observed') ? 2 : 0;
}

function remains({ leftBehind }: Report): string {
  return leftBehind.length === 0 ? 'what was created has been removed' : `left behind: ${leftBehind.join(', ')}`;
}

/** For whoever interrupts twice: nothing is waited for, but no half of an archive is left either. */
function endAtOnce(archives: readonly HarFile[]): never {
  for (const archive of archives) archive.discard();
  console.error('koodrive-conformance: interrupted twice; what was created has not all been removed');
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

/** A report that cannot be written is told before the run, not after it. */
async function assertWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
  } catch (error) {
    throw new Error(`cannot write ${file}: its folder cannot be written to`, { cause: error });
  }
}
