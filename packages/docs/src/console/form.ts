import { type CredentialKind, credentialKinds } from './credentials.ts';
import type { Draft } from './draft.ts';
import { element } from './element.ts';
import { credentialFields, field, group, input, type Made, requestFields } from './fields.ts';
import type { ConsoleOperation } from './operations.ts';

/** The credential that the reader has chosen, and what is in its fields. */
export interface ChosenCredential {
  kind: CredentialKind;
  values: Record<string, string>;
}

/** The form of the console. What the reader types is in its fields and nowhere else. */
export interface ConsoleForm {
  node: HTMLFormElement;
  address: HTMLInputElement;
  /** Calls `listener` when the reader chooses another operation. */
  onChoice(listener: (id: string) => void): void;
  show(operation: ConsoleOperation): void;
  draft(): Draft;
  credential(): ChosenCredential;
}

/** Creates the form. */
export function createForm(operations: ConsoleOperation[], mock: string, made: Made): ConsoleForm {
  let [operation] = operations as [ConsoleOperation];
  const options = operations.map(({ id, method, summary }) =>
    element('option', { value: id }, `${summary} (${method})`),
  );
  const chooser = element('select', { id: 'try-operation', autofocus: true }, ...options);
  const address = input('try-address', { value: mock, type: 'url' });
  const userId = input('try-user', { value: `${exampleOf(operations, 'X-User-Id')}` });
  const credentials = Object.entries(credentialKinds).map(([name, kind]) => credentialFields(name, kind));
  if (credentials[0]) credentials[0].radio.checked = true;
  const request = element('div');
  const showCredential = (): void => {
    for (const { radio, fields } of credentials) fields.hidden = !radio.checked;
  };
  const node = element(
    'form',
    { novalidate: true, autocomplete: 'off' },
    field(chooser, 'Operation'),
    group(
      'Provider and user',
      field(address, 'Address', 'The mock, or another provider on this machine that lets pages call it.'),
      field(userId, 'User id', 'Sent as X-User-Id.'),
    ),
    group(
      'Credential',
      element('p', { class: 'try-help' }, 'It stays in this page, and is gone when you leave it.'),
      ...credentials.flatMap(({ nodes }) => nodes),
    ),
    request,
  );
  node.addEventListener('input', showCredential);
  showCredential();
  return {
    node,
    address,
    onChoice: (listener) => chooser.addEventListener('change', () => listener(chooser.value)),
    show(chosen) {
      operation = chosen;
      chooser.value = operation.id;
      request.replaceChildren(...requestFields(operation, made));
    },
    draft: () => ({
      operation,
      address: address.value.trim().replace(/\/+$/, ''),
      userId: userId.value.trim(),
      parameters: parametersIn(node),
      body: node.querySelector('textarea')?.value.trim() ?? '',
    }),
    credential() {
      const chosen = credentials.find(({ radio }) => radio.checked);
      if (!chosen) throw new Error('no credential is chosen');
      return { kind: chosen.kind, values: chosen.values() };
    },
  };
}

function exampleOf(operations: ConsoleOperation[], name: string): unknown {
  return operations.flatMap(({ parameters }) => parameters).find((parameter) => parameter.name === name)?.example;
}

function parametersIn(form: HTMLFormElement): Draft['parameters'] {
  const parameters: Draft['parameters'] = { path: {}, query: {}, header: {} };
  for (const { dataset, value } of form.querySelectorAll<HTMLInputElement>('[data-place]')) {
    const { place = '', name = '' } = dataset;
    parameters[place as keyof Draft['parameters']][name] = value.trim();
  }
  return parameters;
}
