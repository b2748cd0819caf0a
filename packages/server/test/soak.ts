/** Whether this is `pnpm soak`, which runs the long forms of tests. `pnpm test` runs their short forms. */
export const isSoak: boolean = process.env.MODE === 'soak';

/** Prints a result of the long form of a test. */
export function show(title: string, shown: object): void {
  if (isSoak) console.log(`${title}: ${JSON.stringify(shown)}`);
}
