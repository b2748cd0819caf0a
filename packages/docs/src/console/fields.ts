import type { CredentialKind } from './credentials.ts';
import { type Content, element } from './element.ts';
import type { ConsoleOperation } from './operations.ts';

/** The last success of each operation on this page. The ids in it are good for the next request. */
export type Made = Map<string, unknown>;

/** A field of one line. The browser neither keeps nor corrects what is typed. */
export function input(id: string, attributes: Record<string, string | boolean>): HTMLInputElement {
  const plain = { type: 'text', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' };
  return element('input', { id, ...plain, ...attributes });
}

/** A control with its label, and with what helps to fill it in. */
export function field(control: HTMLElement, label: string, help = ''): HTMLElement {
  const labelled = element('div', { class: 'try-field' }, element('label', { for: control.id }, label), control);
  if (!help) return labelled;
  const helpId = `${control.id}-help`;
  control.setAttribute('aria-describedby', helpId);
  // The text is not rendered, so the backticks of Markdown would show.
  labelled.append(element('p', { id: helpId, class: 'try-help' }, help.replaceAll('`', '')));
  return labelled;
}

/** Fields under one heading. */
export const group = (name: string, ...content: Content[]): HTMLFieldSetElement =>
  element('fieldset', {}, element('legend', {}, name), ...content);

/** The fields of a way to authenticate, and the button that chooses it. */
export interface CredentialFields {
  kind: CredentialKind;
  radio: HTMLInputElement;
  fields: HTMLElement;
  nodes: HTMLElement[];
  values(): Record<string, string>;
}

export function credentialFields(name: string, kind: CredentialKind): CredentialFields {
  const radio = element('input', { type: 'radio', name: 'try-credential', id: `try-${name}`, value: name });
  const inputs = kind.fields.map((each) => ({
    ...each,
    control: input(`try-${each.name}`, { value: each.value, type: each.isSecret ? 'password' : 'text' }),
  }));
  const fields = element('div', {}, ...inputs.map(({ control, label, help }) => field(control, label, help)));
  const choice = element('div', { class: 'try-choice' }, radio, element('label', { for: radio.id }, kind.label));
  return {
    kind,
    radio,
    fields,
    nodes: [choice, fields],
    values: () => Object.fromEntries(inputs.map((each) => [each.name, each.control.value])),
  };
}

/** Returns the fields of an operation, filled in with ids that the provider made, or with examples. */
export function requestFields(operation: ConsoleOperation, made: Made): HTMLElement[] {
  const parameters = operation.parameters.filter(({ isSetByClient }) => !isSetByClient);
  const fields = parameters.map((parameter) => parameterField(parameter, made));
  return [
    ...(fields.length > 0 ? [group('Parameters', ...fields)] : []),
    ...(operation.body ? [group('Body', ...bodyFields(operation.body, made))] : []),
  ];
}

function parameterField(parameter: ConsoleOperation['parameters'][number], made: Made): HTMLElement {
  const { in: place, name, required, schema, example = '', madeBy, description } = parameter;
  const id = `try-${place}-${name}`;
  // An invented cursor or filter finds nothing, so optional fields start empty.
  const value = madeValue(made, madeBy) ?? (required ? `${example}` : '');
  const control = input(id, { value, placeholder: `${example}`, 'data-place': place, 'data-name': name });
  const labelled = field(control, `${name} (${place}${required ? ', required' : ''})`, description);
  if (!schema.enum) return labelled;
  control.setAttribute('list', `${id}-values`);
  const values = schema.enum.map((each) => element('option', { value: `${each}` }));
  labelled.append(element('datalist', { id: `${id}-values` }, ...values));
  return labelled;
}

function bodyFields(body: NonNullable<ConsoleOperation['body']>, made: Made): HTMLElement[] {
  const text = bodyText(body, body.example, made);
  const area = element('textarea', { id: 'try-body', rows: `${text.split('\n').length + 1}`, spellcheck: 'false' });
  area.value = text;
  const names = Object.keys(body.examples);
  if (names.length < 2) return [field(area, 'JSON')];
  const options = names.map((name) => element('option', { value: name }, name));
  const chooser = element('select', { id: 'try-example' }, ...options);
  chooser.addEventListener('input', () => {
    area.value = bodyText(body, body.examples[chooser.value], made);
  });
  return [field(chooser, 'Example'), field(area, 'JSON')];
}

/** Returns an example of a body, with the ids that the provider has made. */
function bodyText({ schema }: NonNullable<ConsoleOperation['body']>, example: unknown, made: Made): string {
  const filled = Object.entries(Object(example)).map(([name, value]) => [
    name,
    madeValue(made, schema.properties?.[name]?.['x-made-by']) ?? value,
  ]);
  return JSON.stringify(schema.type === 'object' ? Object.fromEntries(filled) : example, null, 2);
}

/** Returns a value that only the provider can make, from its last success. */
function madeValue(made: Made, madeBy: { operation: string; field: string } | undefined): string | undefined {
  if (!madeBy) return undefined;
  let value = made.get(madeBy.operation);
  for (const name of madeBy.field.split('.')) value = Object(value)[name];
  return typeof value === 'string' ? value : undefined;
}
