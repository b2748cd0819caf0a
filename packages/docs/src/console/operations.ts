import type { Operation, Parameter, Validate } from '@koodrive-backup/spec/contract';

/** An operation as the console knows it. */
export interface ConsoleOperation extends Operation {
  summary: string;
  parameters: (Parameter & { description: string })[];
  /** The validators of the answers by status, `default` among them. */
  answers: Record<string, Validate>;
}

/** What the build hands to the console. */
export interface ConsoleData {
  operations: OperationData[];
  /** The address of the mock, as the contract has it. */
  mock: string;
  /** A style sheet. */
  styles: string;
}

/** A `ConsoleOperation` as data: the name of each validator replaces its function. */
export interface OperationData extends Omit<ConsoleOperation, 'parameters' | 'body' | 'responses' | 'answers'> {
  parameters: (Omit<ConsoleOperation['parameters'][number], 'validate'> & { validator: string })[];
  body?: Omit<NonNullable<Operation['body']>, 'validate'> & { validator: string };
  answers: Record<string, string>;
}

/** Replaces the name of each validator by its function. */
export function withValidators(data: OperationData, validators: Record<string, Validate>): ConsoleOperation {
  const named = (name: string): Validate => {
    const validator = validators[name];
    if (!validator) throw new Error(`the console has no validator ${name}`);
    return validator;
  };
  const { body } = data;
  return {
    ...data,
    parameters: data.parameters.map((parameter) => ({ ...parameter, validate: named(parameter.validator) })),
    ...(body && { body: { ...body, validate: named(body.validator) } }),
    answers: Object.fromEntries(Object.entries(data.answers).map(([status, name]) => [status, named(name)])),
    responses: {},
  } as ConsoleOperation;
}
