// Formats the changes of the contract: as text, as JSON, and as Markdown for a pull request.
import type { AffectedOperation, ContractChange } from './contract-diff-compare.ts';
import type { Bump, Impact } from './contract-diff-rules.ts';

/** The result of the comparison. `--format json` prints this object. */
export interface ContractDiff {
  /** The commit with which the contract is compared. */
  ref: string;
  /** The semver bump that the changes need. `null` if the contract did not change. */
  bump: Bump | null;
  /** The bump that the changes need for callers. */
  callers: Bump | null;
  /** The bump that the changes need for providers. */
  providers: Bump | null;
  /**
   * `new`: the commit has no contract. `same`: nothing changed. `compatible`: no change breaks anyone. `announced`: a
   * change breaks someone, and changesets or the version announce it. `unannounced`: a change breaks someone, and
   * nothing announces it.
   */
  outcome: 'new' | 'same' | 'compatible' | 'announced' | 'unannounced';
  /** The changes, sorted by bump, the largest first. */
  changes: ContractChange[];
}

/** A format of the output. */
export type Format = 'text' | 'json' | 'markdown';

/** All formats of the output. */
export const formats: readonly Format[] = ['text', 'json', 'markdown'];

/** The packages whose types are generated from the contract. The changelog of each must announce a breaking change. */
export const announcing: readonly string[] = ['@koodrive-backup/spec', '@koodrive-backup/client'];

/** Formats a comparison. */
export function report(diff: ContractDiff, format: Format): string {
  if (format === 'json') return JSON.stringify(diff, undefined, 2);
  return format === 'markdown' ? markdown(diff) : text(diff);
}

/** Returns what the reader has to do. */
function advice({ ref, outcome, bump }: ContractDiff): string {
  const changeset = `run \`npx -y pnpm@12 changeset\`,\nchoose ${bump} for ${announcing.join(' and ')}.`;
  const advices: Record<ContractDiff['outcome'], string> = {
    new: `${ref} has no contract, so there is nothing to compare with.`,
    same: 'The contract has not changed.',
    compatible: `If no changeset announces this yet, ${changeset}`,
    announced: 'The breaking change is announced. You have nothing left to do.',
    unannounced: `Announce the breaking change: ${changeset}`,
  };
  return advices[outcome];
}

const hasChanges = ({ changes }: ContractDiff): boolean => changes.length > 0;

function text(diff: ContractDiff): string {
  if (!hasChanges(diff)) return advice(diff);
  const { bump, callers, providers } = diff;
  const asked = `The changes need a ${bump} bump: ${callers} for callers, ${providers} for providers.`;
  return [...diff.changes.map(textOf), asked, advice(diff)].join('\n\n');
}

function textOf(change: ContractChange): string {
  const { bump, kind, typeName, subject, callers, providers, base, revision, operations } = change;
  return [
    `${bump.toUpperCase()}  ${kind} ${typeName}`,
    subject,
    ...valuesOf(change, 30),
    ...reasonsOf('callers  ', callers),
    ...reasonsOf('providers', providers),
    ...[...Map.groupBy(operations, usesText)].flatMap(([uses, those]) => [
      uses,
      ...those.map((one) => `  ${nameOf(one)}`),
    ]),
    ...[base, revision].flatMap((place) => (place ? [`at ${placeText(place)}`] : [])),
  ].join('\n  ');
}

/** Returns the impact on a side, one sentence per line. */
function reasonsOf(side: string, { bump, reason }: Impact): string[] {
  const start = `${side} ${bump}  `;
  return reason.split(/(?<=\.) /).map((sentence, index) => (index === 0 ? start : ' '.repeat(start.length)) + sentence);
}

function usesText({ uses }: AffectedOperation): string {
  return uses.length > 0 ? `in the ${[...uses].sort().join(' and the ')} of` : 'in';
}

const nameOf = ({ method, path, operationId }: AffectedOperation): string => `${method} ${path} ${operationId}`.trim();

const placeText = ({ file, line, col }: { file: string; line: number; col: number }): string =>
  `${file}:${line}:${col}`;

/** Returns the old and the new value, each cut to a length. Returns none for an object that was added or removed. */
function valuesOf({ kind, base, revision }: ContractChange, length: number): string[] {
  if (kind !== 'modified') return [];
  const [old, now] = [base, revision].map((place) => {
    const value = JSON.stringify(place?.value) ?? 'nothing';
    return value.length > length ? `${value.slice(0, length - 1)}…` : value;
  });
  return [`from ${old} to ${now}`];
}

function markdown(diff: ContractDiff): string {
  if (!hasChanges(diff)) return `## The contract\n\n${advice(diff)}`;
  return [
    `## The contract needs a ${diff.bump} bump`,
    `Compared with ${code(diff.ref)}: **${diff.callers}** for callers, **${diff.providers}** for providers.`,
    ['| Change | Callers | Providers | Operations |', '|---|---|---|---|', ...diff.changes.map(rowOf)].join('\n'),
    `**What to do:** ${advice(diff)}`,
  ].join('\n\n');
}

function rowOf(change: ContractChange): string {
  const { kind, typeName, subject, callers, providers, base, revision, operations } = change;
  const place = revision ?? base;
  const what = [
    `${kind} ${typeName} ${code(subject)}`,
    ...valuesOf(change, 60).map(code),
    ...(place ? [`at ${code(placeText(place))}`] : []),
  ];
  const impacts = [callers, providers].map(({ bump, reason }) => `**${bump}**: ${reason}`);
  return `| ${[what.join('<br>'), ...impacts, operationsCell(operations)].join(' | ')} |`;
}

/** Lists operations. Folds more than three, so that a long table stays readable. */
function operationsCell(operations: AffectedOperation[]): string {
  const list = operations.map((operation) => code(nameOf(operation))).join('<br>');
  if (operations.length <= 3) return list;
  return `<details><summary>${operations.length} operations</summary>${list}</details>`;
}

/** Formats contract text as code in a table cell, and replaces characters that would end the cell or the code. */
const code = (said: string): string => `\`${said.replaceAll('`', "'").replaceAll('|', '\\|').replaceAll('\n', ' ')}\``;
