/** A tool from npm that reads the contract. */
export interface Tool {
  /** Its package, one of `peers/`. */
  name: string;
  /** What it did if it works, for the table. */
  tried: string;
  /** The files of the contract's package that it is tried with, the one to use first. */
  files: string[];
  /** Throws an Error that says what does not work. */
  run(trial: Trial): Promise<void>;
}

/** What a tool is given to be tried. */
export interface Trial {
  /** The path of a file of the contract's package. */
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
