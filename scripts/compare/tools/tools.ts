import { generatorTools } from './generators.ts';
import { overlayTools } from './overlay-tools.ts';
import { readerTools } from './readers.ts';
import type { Tool } from './tool.ts';
import { validatorTools } from './validators.ts';

/** The tools, in the order of the table. */
export const tools: Tool[] = [...generatorTools, ...validatorTools, ...readerTools, ...overlayTools];
