import { type Contract, type Operation, pointerTo, type Schema } from '@koodrive-backup/spec/contract';
import type { Exchange } from '../http/session.ts';
import { isObject, type RefusalForm } from '../judge/oracle.ts';
import { bodyOf, sentValue } from '../requests/call.ts';
import { isFree } from '../requests/faults.ts';

/** Which parts of the contract a run has exercised. */
export interface Coverage {
  operations: Share;
  /** Parameters and fields of accepted requests. */
  inputs: Share;
  /** Values of enums, in accepted requests and in their answers. */
  enumValues: Share;
  /** Bounds in requests, such as `maxLength`, that an accepted value reached exactly. */
  bounds: Share;
  /** Answers by status. */
  responses: Share;
  /** Examples of request bodies that the provider accepted. */
  examples: Share;
}

/** How much of one kind of part was exercised. */
export interface Share {
  /** How many were exercised or could have been. */
  total: number;
  exercised: number;
  /** Those that could have been exercised and were not, as JSON pointers into the contract. */
  never: string[];
  /** Not seen, and no request can trigger them (a 500, for example), as JSON pointers. */
  outOfReach: string[];
}

/** Records which parts of the contract a run exercises. */
export interface CoverageAccount {
  observe(exchange: Exchange): void;
  coverage(): Coverage;
}

type Part = keyof Coverage;

const bounds = ['minimum', 'maximum', 'minLength', 'maxLength'] as const;

/**
 * Creates the coverage account of a run.
 *
 * @param refusal How the provider refuses. Statuses of the other form cannot be triggered.
 */
export function createCoverage({ operations }: Contract, refusal: RefusalForm): CoverageAccount {
  const all: Record<Part, Set<string>> = {
    operations: new Set(),
    inputs: new Set(),
    enumValues: new Set(),
    bounds: new Set(),
    responses: new Set(),
    examples: new Set(),
  };
  const seen: typeof all = structuredClone(all);
  const outOfReach = new Set<string>();
  for (const operation of operations) {
    all.operations.add(operation.pointer);
    for (const status of Object.keys(operation.responses)) {
      all.responses.add(responsePointer(operation, status));
      if (!isWithinReach(status, refusal)) outOfReach.add(responsePointer(operation, status));
    }
    for (const parameter of operation.parameters) {
      const { pointer, schema } = parameter;
      all.inputs.add(pointer);
      // The provider decides how long its ids and cursors are.
      if (!isFree(parameter)) for (const bound of bounds) outOfReach.add(`${pointer}/schema/${bound}`);
      addSchema(all, `${pointer}/schema`, schema, true);
    }
    if (operation.body) {
      const { pointer, schema, examples } = operation.body;
      for (const name of Object.keys(examples)) all.examples.add(examplePointer(operation, name));
      for (const name of Object.keys(schema.properties ?? {}))
        all.inputs.add(`${pointer}${pointerTo('properties', name)}`);
      addSchema(all, pointer, schema, true);
    }
    const { schema, pointer } = operation.responses['200'] ?? {};
    if (schema && pointer) addSchema(all, pointer, schema, false);
  }

  function observe({ call, answer, judgement }: Exchange): void {
    const { operation } = call;
    const { parameters, body, responses } = operation;
    if (!answer || call.template !== operation.path || call.method !== operation.method) return;
    seen.operations.add(operation.pointer);
    const status = responses[answer.status] ? String(answer.status) : 'default';
    seen.responses.add(responsePointer(operation, status));
    if (!judgement.isTaken) return;
    const success = responses['200'];
    if (success) markSchema(seen, success.pointer, success.schema, judgement.envelope, false);
    for (const { in: place, name, pointer, schema } of parameters) {
      const text = sentValue(call, place, name);
      if (text === undefined) continue;
      seen.inputs.add(pointer);
      markSchema(seen, `${pointer}/schema`, schema, schema.type === 'integer' ? Number(text) : text, true);
    }
    if (!body || !call.body || call.body.length > 10_000) return;
    const sent = bodyOf(call);
    if (!isObject(sent)) return;
    markSchema(seen, body.pointer, body.schema, sent, true);
    for (const name of Object.keys(sent)) seen.inputs.add(`${body.pointer}${pointerTo('properties', name)}`);
    for (const [name, example] of Object.entries(body.examples)) {
      // Compare the names of fields only: ids of things that the provider created differ from the example.
      const isSame = Object.keys(sent).join() === Object.keys(example as object).join();
      if (isSame) seen.examples.add(examplePointer(operation, name));
    }
  }

  const share = (part: Part): Share => {
    const unseen = [...all[part]].filter((pointer) => !seen[part].has(pointer));
    const never = unseen.filter((pointer) => !outOfReach.has(pointer));
    const exercised = all[part].size - unseen.length;
    return {
      total: exercised + never.length,
      exercised,
      never,
      outOfReach: unseen.filter((pointer) => outOfReach.has(pointer)),
    };
  };

  return {
    observe,
    coverage: () => ({
      operations: share('operations'),
      inputs: share('inputs'),
      enumValues: share('enumValues'),
      bounds: share('bounds'),
      responses: share('responses'),
      examples: share('examples'),
    }),
  };
}

/** Whether a request can trigger a status: not a 5xx, the default, or a 4xx if the provider refuses with status 200. */
function isWithinReach(status: string, refusal: RefusalForm): boolean {
  return status === '200' || (/^4/.test(status) && refusal !== 'envelope');
}

const responsePointer = ({ pointer }: Operation, status: string): string => `${pointer}/responses/${status}`;

const examplePointer = ({ body }: Operation, name: string): string =>
  `${body?.pointer.replace(/\/schema$/, '')}${pointerTo('examples', name)}`;

function addSchema(all: Record<Part, Set<string>>, pointer: string, schema: Schema, isRequest: boolean): void {
  schema.enum?.forEach((_, i) => void all.enumValues.add(`${pointer}/enum/${i}`));
  for (const bound of isRequest ? bounds : []) if (schema[bound] !== undefined) all.bounds.add(`${pointer}/${bound}`);
  if (schema.items) addSchema(all, `${pointer}/items`, schema.items, isRequest);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    addSchema(all, `${pointer}${pointerTo('properties', name)}`, property, isRequest);
  }
}

function markSchema(
  seen: Record<Part, Set<string>>,
  pointer: string,
  schema: Schema,
  value: unknown,
  isRequest: boolean,
): void {
  const index = schema.enum?.indexOf(value) ?? -1;
  if (index >= 0) seen.enumValues.add(`${pointer}/enum/${index}`);
  const size = typeof value === 'string' ? [...value].length : value;
  for (const bound of isRequest ? bounds : []) {
    if (schema[bound] !== undefined && schema[bound] === size) seen.bounds.add(`${pointer}/${bound}`);
  }
  if (schema.items && Array.isArray(value)) {
    for (const item of value) markSchema(seen, `${pointer}/items`, schema.items, item, isRequest);
  }
  if (!isObject(value)) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (name in value) markSchema(seen, `${pointer}${pointerTo('properties', name)}`, property, value[name], isRequest);
  }
}
