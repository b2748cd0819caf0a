import { createRefuse, type Refuse } from '@koodrive-backup/spec/answer';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

/** Creates an answer with the contract's error body. */
export const refuse: Refuse = createRefuse(contract);
