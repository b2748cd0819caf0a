import { dredd } from './dredd.ts';
import { portman } from './portman.ts';
import { prism } from './prism.ts';
import { respect } from './respect.ts';
import { specmatic } from './specmatic.ts';
import { thisSuite } from './this-suite.ts';
import type { Tool } from './tool.ts';

/** The tools, in the order of the table's columns. */
export const tools: Tool[] = [thisSuite, specmatic, portman, respect, prism, dredd];
