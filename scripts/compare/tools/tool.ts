/** A tool from npm that reads the contract. */
export interface Tool {
  /** Its npm package, one of `peers/`. */
  name: string;
  /** What the tool did, in the words of the table. Only a tool that works did it. */
  tried: string;
  /** The files of the spec package with which it is tried, the recommended one first. */
  files: string[];
  /** Tries the tool. Throws an Error with the reason if it does not work. */
  run(trial: Trial): Promise<void>;
}

/** The input of {@link Tool.run}. */
export interface Trial {
  /** The path of a file of the spec package. */
  file: string;
  /** An empty folder, in which the packages of `peers/` can be imported. */
  folder: string;
}

/** The contract and its variants. */
export const variants: Record<'contract' | 'unsigned' | 'openapi30', string> = {
  contract: 'openapi.json',
  unsigned: 'openapi-unsigned.json',
  openapi30: 'openapi-3.0.json',
};
