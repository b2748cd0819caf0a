/** The suite could not run. The message says why, in one line. */
export class CouldNotRun extends Error {
  override name = 'CouldNotRun';
}
