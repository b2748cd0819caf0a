import { mediaType, type Schema } from '@koodrive-backup/spec/contract';
import type { AnswerCheck } from '../check.ts';
import type { Exchange } from '../http/session.ts';
import type { RefusalForm } from '../judge/oracle.ts';

/** Returns the checks that look at every answer. */
export function answerChecks(refusal: RefusalForm): AnswerCheck[] {
  return [
    answered,
    noServerError,
    documentedStatus,
    contentType,
    json,
    successSchema,
    refusalSchema,
    refusalForm(refusal),
    exactNumbers,
    uniqueMembers,
    utcTimes,
    noDisclosure,
  ];
}

const level = 'contract';

/** The check that reports a provider that stops answering, even if the user chose other checks. */
export const answered: AnswerCheck = {
  id: 'answered',
  title: 'Every request gets a complete answer in time.',
  level,
  look: ({ failure, call: { operation } }) =>
    failure?.isTooLarge
      ? 'nothing'
      : failure && { pointer: `${operation.pointer}/responses`, expected: 'an answer', got: failure.message },
};

const noServerError: AnswerCheck = {
  id: 'no-server-error',
  title: 'No request makes the provider fail (5xx).',
  level,
  look: ({ answer, judgement, call: { operation } }) => {
    if (!answer) return 'nothing';
    if (answer.status < 500 || judgement.isGateway) return undefined;
    return {
      pointer: `${operation.pointer}/responses`,
      expected: 'a status below 500',
      got: `status ${answer.status}`,
    };
  },
};

const documentedStatus: AnswerCheck = {
  id: 'documented-status',
  title: 'The status is 200 or, for a refusal, 400 or above.',
  level,
  look: ({ answer, call: { operation } }) => {
    if (!answer) return 'nothing';
    if (answer.status === 200 || answer.status >= 400) return undefined;
    const documented = Object.keys(operation.responses).join(', ');
    return {
      pointer: `${operation.pointer}/responses`,
      expected: `one of ${documented} (for refusals)`,
      got: `status ${answer.status}`,
    };
  },
};

const contentType: AnswerCheck = {
  id: 'answer-content-type',
  title: 'Content-Type is JSON, and its charset, if it has one, is UTF-8.',
  level,
  look: ({ answer, judgement }) => {
    if (!answer || judgement.isGateway) return 'nothing';
    const values = answer.headers['content-type'] ?? [];
    const [type, ...parameters] = (values[0] ?? '')
      .toLowerCase()
      .split(';')
      .map((part) => part.trim());
    const charset = parameters.find((parameter) => parameter.startsWith('charset='));
    const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset);
    if (values.length === 1 && type === mediaType && isUtf8) return undefined;
    const got = values.length === 0 ? 'no Content-Type' : `Content-Type ${values.join(' and ')}`;
    return { pointer: `${judgement.pointer}/content`, expected: `Content-Type ${mediaType}`, got };
  },
};

const json: AnswerCheck = {
  id: 'answer-json',
  title: 'The body of an answer is a JSON object in UTF-8.',
  level,
  look: ({ answer, judgement }) => {
    if (!answer || judgement.isGateway) return 'nothing';
    if (judgement.envelope) return undefined;
    const start = answer.body.subarray(0, 60).toString();
    return {
      pointer: `${judgement.pointer}/content`,
      expected: 'a JSON object in UTF-8',
      got: answer.body.length === 0 ? 'an empty body' : `${JSON.stringify(start)}${answer.body.length > 60 ? '…' : ''}`,
    };
  },
};

const successSchema: AnswerCheck = {
  id: 'success-schema',
  title: "The body of a success is valid by the operation's schema.",
  level,
  look: ({ judgement }) => {
    if (!judgement.envelope || !judgement.isTaken) return 'nothing';
    if (judgement.violations.length === 0) return undefined;
    return {
      pointer: `${judgement.pointer}/content/application~1json/schema`,
      expected: 'a body that is valid by this schema',
      got: judgement.violations.join('; '),
    };
  },
};

const refusalSchema: AnswerCheck = {
  id: 'refusal-schema',
  title: 'The body of a refusal is the error body: a code other than 0, a message, and no data.',
  level,
  look: ({ answer, judgement }) => {
    if (!judgement.envelope || judgement.isTaken || !answer || (answer.status < 400 && answer.status !== 200)) {
      return 'nothing';
    }
    if (judgement.violations.length === 0) return undefined;
    return {
      pointer: `${judgement.pointer}/content/application~1json/schema`,
      expected: 'the error body, without data',
      got: judgement.violations.join('; '),
    };
  },
};

function refusalForm(form: RefusalForm): AnswerCheck {
  return {
    id: 'refusal-form',
    title: 'The provider refuses in the form that --refusal names.',
    level,
    look: ({ answer, judgement }) => {
      if (!answer || judgement.isTaken || typeof judgement.envelope?.code !== 'number') return 'nothing';
      if (answer.status >= 500) return 'nothing';
      if (form === 'either' || (form === 'envelope') === (answer.status === 200)) return undefined;
      return {
        pointer: judgement.pointer,
        expected: form === 'status' ? 'a status from 400 to 499' : 'status 200 and a code other than 0',
        got: judgement.got,
      };
    },
  };
}

/**
 * Judges the size only: the provider decides how it writes a whole number (errata, E31), and what it puts into fields
 * that the contract does not have (E29).
 */
const exactNumbers: AnswerCheck = {
  id: 'exact-numbers',
  title: 'An integer is at most 2^53 - 1, so that no reader loses a digit.',
  level,
  look: ({ judgement: { json, schema, pointer } }) => {
    const integers = [...(json?.numbers ?? [])].filter(([place]) => schemaAt(schema, place)?.type === 'integer');
    if (integers.length === 0) return 'nothing';
    const wrong = integers.find(([, text]) => Math.abs(Number(text)) > Number.MAX_SAFE_INTEGER);
    if (!wrong) return undefined;
    const [place, got] = wrong;
    return { pointer: `${pointer}/content`, expected: `an integer of at most 2^53 - 1 at ${place}`, got };
  },
};

/** Returns the schema for a place in a value; `undefined` if the contract does not have the place. */
function schemaAt(schema: Schema, place: string): Schema | undefined {
  return place
    .split('/')
    .slice(1)
    .reduce<Schema | undefined>((at, name) => at?.items ?? at?.properties?.[name], schema);
}

const uniqueMembers: AnswerCheck = {
  id: 'unique-members',
  title: 'No object in an answer has the same member twice.',
  level,
  look: ({ judgement: { json, pointer } }) => {
    if (!json) return 'nothing';
    if (json.duplicates.length === 0) return undefined;
    return { pointer: `${pointer}/content`, expected: 'each member once', got: `twice: ${json.duplicates.join(', ')}` };
  },
};

const utcTimes: AnswerCheck = {
  id: 'utc-times',
  title: 'Times are in UTC, with milliseconds.',
  level,
  look: ({ judgement, call: { operation } }) => {
    const schema = operation.responses['200']?.schema;
    if (!judgement.isTaken || !schema) return 'nothing';
    const times = timesIn(schema, judgement.envelope);
    if (times.length === 0) return 'nothing';
    const wrong = times.find((time) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time));
    if (wrong === undefined) return undefined;
    return {
      pointer: 'errata.md#e28',
      expected: "a time such as '2025-12-17T07:59:20.752Z'",
      got: JSON.stringify(wrong),
    };
  },
};

/** Returns the texts in a value that its schema declares as date-time. */
function timesIn(schema: Schema, value: unknown): string[] {
  if (schema.format === 'date-time') return typeof value === 'string' ? [value] : [];
  if (schema.items && Array.isArray(value)) return value.flatMap((item) => timesIn(schema.items ?? {}, item));
  if (!schema.properties || typeof value !== 'object' || value === null) return [];
  return Object.entries(schema.properties).flatMap(([name, property]) =>
    timesIn(property, (value as Record<string, unknown>)[name]),
  );
}

/** Patterns of text that show how a provider is built: stack frames, file paths, SQL. */
const disclosures = [
  /\n\s+at .+:\d+/,
  /\bat [\w.<>$]+ ?\((?:node:|file:|\/|[A-Z]:\\)/,
  /Traceback \(most recent call last\)/,
  /\b(?:java|javax|org|com)\.[\w.]+(?:Exception|Error)\b/,
  /\.(?:js|ts|py|java|go|rb|php|cs):\d+/,
  /node_modules|\/usr\/(?:lib|local|src)\/|\/home\/\w|\/var\/(?:lib|www)|\/opt\/\w|C:\\\\/,
  /\bSQLITE_|SQLSTATE|syntax error at or near|\b(?:SELECT|INSERT INTO|UPDATE) .+ (?:FROM|VALUES|SET) /,
];

const noDisclosure: AnswerCheck = {
  id: 'no-disclosure',
  title: 'No answer shows a stack trace, a file path of the machine, an SQL statement or the credential.',
  level,
  look: (exchange) => {
    const { answer, judgement } = exchange;
    if (!answer) return 'nothing';
    // A success may echo such text from the request, so only the credential counts.
    if (judgement.isTaken) return disclosesCredential(exchange);
    const text = `${answer.body}`.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
    const found = disclosures.map((pattern) => pattern.exec(text)?.[0]).find((match) => match !== undefined);
    if (found === undefined) return disclosesCredential(exchange);
    return {
      pointer: judgement.pointer,
      expected: 'a refusal that does not show how the provider is built',
      got: JSON.stringify(found.trim().slice(0, 80)),
    };
  },
};

function disclosesCredential({ answer, identity, judgement }: Exchange): ReturnType<AnswerCheck['look']> {
  const secrets = [identity.token, identity.app?.appSecret].filter((secret) => secret !== undefined);
  const headers = Object.values(answer?.headers ?? {}).join(' ');
  const isShown = secrets.some((secret) => `${answer?.body} ${headers}`.includes(secret));
  if (!isShown) return undefined;
  return { pointer: judgement.pointer, expected: 'no credential in an answer', got: 'the credential of the request' };
}
