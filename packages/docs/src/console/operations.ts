import type { Operation, Parameter, Validate } from '@koodrive-backup/spec/contract';

/** An operation as the console knows it. */
export interface ConsoleOperation extends Operation {
  summary: string;
  parameters: (Parameter & { description: string })[];
  /** The checks of the answers by status, `default` among them. */
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

/** A `ConsoleOperation` as data: the name of each check replaces its function. */
export interface OperationData extends Omit<ConsoleOperation, 'parameters' | 'body' | 'responses' | 'answers'> {
  parameters: (Omit<ConsoleOperation['parameters'][number], 'validate'> & { check: string })[];
  body?: Omit<NonNullable<Operation['body']>, 'validate'> & { check: string };
  answers: Record<string, string>;
}

/** Replaces the name of each check by its function. */
export function withChecks(data: OperationData, checks: Record<string, Validate>): ConsoleOperation {
  const named = (name: string): Validate => {
    const check = checks[name];
    if (!check) throw new Error(`the console has no check ${name}`);
    return check;
  };
  const { body } = data;
  return {
    ...data,
    parameters: data.parameters.map((parameter) => ({ ...parameter, validate: named(parameter.check) })),
    ...(body && { body: { ...body, validate: named(body.check) } }),
    answers: Object.fromEntries(Object.entries(data.answers).map(([status, name]) => [status, named(name)])),
    responses: {},
  } as ConsoleOperation;
}
