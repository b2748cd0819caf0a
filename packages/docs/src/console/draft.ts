import type { Call, Scalar } from '../call.ts';
import type { ConsoleOperation } from './operations.ts';

/** A request as the reader has filled it in. */
export interface Draft {
  operation: ConsoleOperation;
  /** The provider's address, without a slash at its end. */
  address: string;
  userId: string;
  /** The texts of the parameters, by place and name. An empty text is not sent. */
  parameters: Record<'path' | 'query' | 'header', Record<string, string>>;
  /** The text of the body; empty if there is none. */
  body: string;
}

/** Returns the call that a draft describes. A body that is not JSON is left out. */
export function callOf({ operation, parameters, body }: Draft): Call {
  const call: Call = {
    method: operation.method,
    path: operation.path,
    parameters: { path: {}, query: {}, header: {} },
    setByClient: operation.parameters.filter(({ isSetByClient }) => isSetByClient).map(({ name }) => name),
    body: jsonOf(body),
  };
  for (const { in: place, name, schema, isSetByClient } of operation.parameters) {
    const text = parameters[place][name] ?? '';
    if (isSetByClient || (text === '' && place !== 'path')) continue;
    call.parameters[place][name] = typed(text, schema.type);
  }
  return call;
}

/** Returns the value of a JSON text, or `undefined` if the text is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Converts a text to the type that the contract declares, so that a sample in TypeScript has a number for a number. */
function typed(text: string, type: string | undefined): Scalar {
  if ((type === 'integer' || type === 'number') && String(Number(text)) === text) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
