// Prints what changed in the contract: as text, as JSON, and as a comment for a pull request.
import type { AffectedOperation, ContractChange } from './contract-diff-compare.ts';
import type { Bump, Impact } from './contract-diff-rules.ts';

/** What the comparison came to; with `--format json`, this is printed. */
export interface ContractDiff {
  /** The commit that the contract is compared with. */
  ref: string;
  /** The semver bump that all changes ask for; `null` if the contract is the same. */
  bump: Bump | null;
  /** What callers alone would ask for. */
  callers: Bump | null;
  /** What providers alone would ask for. */
  providers: Bump | null;
  /**
   * `new`: the commit has no contract. `same`: nothing changed. `compatible`: nothing breaks. `announced`: something
   * breaks, and a changeset or the version says so. `unannounced`: something breaks, and nothing says so.
   */
  outcome: 'new' | 'same' | 'compatible' | 'announced' | 'unannounced';
  /** Those first that ask for the larger bump. */
  changes: ContractChange[];
}

/** A way to print a comparison. */
export type Format = 'text' | 'json' | 'markdown';

/** All ways to print a comparison. */
export const formats: readonly Format[] = ['text', 'json', 'markdown'];

/** The packages whose types are made from the contract, so that a changelog of each has to name a change. */
export const announcing: readonly string[] = ['@koodrive-backup/spec', '@koodrive-backup/client'];

/** Prints a comparison. */
export function report(diff: ContractDiff, format: Format): string {
  if (format === 'json') return JSON.stringify(diff, undefined, 2);
  return format === 'markdown' ? markdown(diff) : text(diff);
}

/** What the reader has to do. */
function advice({ ref, outcome, bump }: ContractDiff): string {
  const changeset = `run \`npx -y pnpm@12 changeset\`,\nchoose ${bump} for ${announcing.join(' and ')}.`;
  const advices: Record<ContractDiff['outcome'], string> = {
    new: `${ref} has no contract: everything is new.`,
    same: 'The contract is the same.',
    compatible: `If no changeset announces this yet, ${changeset}`,
    announced: 'The breaking change is announced: nothing is left to do.',
    unannounced: `Announce the breaking change: ${changeset}`,
  };
  return advices[outcome];
}

const hasChanges = ({ changes }: ContractDiff): boolean => changes.length > 0;

function text(diff: ContractDiff): string {
  if (!hasChanges(diff)) return advice(diff);
  const { bump, callers, providers } = diff;
  const asked = `The changes ask for a ${bump} bump: ${callers} for callers, ${providers} for providers.`;
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

/** One sentence a line. */
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

/** The old value and the new one, each cut to a length; nothing for an object that came or went. */
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
    `## The contract asks for a ${diff.bump} bump`,
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

/** Folds up more than three operations, so that a long table stays readable. */
function operationsCell(operations: AffectedOperation[]): string {
  const list = operations.map((operation) => code(nameOf(operation))).join('<br>');
  if (operations.length <= 3) return list;
  return `<details><summary>${operations.length} operations</summary>${list}</details>`;
}

/** Code that can neither end the table's cell nor become markup, whatever the contract says. */
const code = (said: string): string => `\`${said.replaceAll('`', "'").replaceAll('|', '\\|').replaceAll('\n', ' ')}\``;
