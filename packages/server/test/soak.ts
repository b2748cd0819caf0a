/** Whether this is `pnpm soak`, which runs the long form of what `test` tries shortly. */
export const isSoak: boolean = process.env.MODE === 'soak';

/** Prints what the long form of a test showed. */
export function show(title: string, shown: object): void {
  if (isSoak) console.log(`${title}: ${JSON.stringify(shown)}`);
}
