import { codeBlock } from './code-block.ts';
import { callOf, jsonOf } from './draft.ts';
import { element } from './element.ts';
import { addressProblem, send } from './exchange.ts';
import type { Made } from './fields.ts';
import { createForm } from './form.ts';
import { judgeAnswer, requestViolations } from './judge.ts';
import type { ConsoleOperation } from './operations.ts';
import { exchangeNodes, judged, outcomeOf } from './result.ts';

/** The dialog of the console. */
export interface ConsoleDialog {
  open(operationId: string): void;
  /** Takes the dialog out of the page, with all that was typed and answered. */
  discard(): void;
}

/**
 * Creates the dialog for the operations of a contract. The first `open` puts it into the page.
 *
 * @param mock The address that the dialog calls unless the reader types another.
 */
export function createDialog(operations: ConsoleOperation[], mock: string): ConsoleDialog {
  const made: Made = new Map();
  const form = createForm(operations, mock, made);
  const title = element('h2', { id: 'try-title' });
  const close = element('button', { type: 'button', class: 'try-close' }, 'Close');
  const violations = element('div', { 'aria-live': 'polite' });
  const problem = element('p', { class: 'try-problem', role: 'alert' });
  const submit = element('button', { type: 'submit', class: 'try-send' }, 'Send');
  const outcome = element('p', { class: 'try-outcome', role: 'status' });
  const result = element('div');
  const samples = element('section', { 'aria-label': 'The same call' });
  form.node.append(violations, submit, problem);
  const dialog = element(
    'dialog',
    { class: 'try', 'aria-labelledby': title.id },
    element('div', { class: 'try-head' }, title, close),
    form.node,
    element('section', { 'aria-label': 'Answer' }, outcome, result),
    samples,
  );

  function choose(id: string): void {
    const operation = operations.find((each) => each.id === id);
    if (!operation) return;
    title.textContent = `Try it: ${operation.summary}`;
    form.show(operation);
    for (const part of [outcome, problem, result]) part.replaceChildren();
    showDraft();
  }

  /** Shows what needs no answer: violations of the request, and the same call as code. */
  function showDraft(): void {
    const draft = form.draft();
    const call = callOf(draft);
    const { kind } = form.credential();
    violations.replaceChildren(...judged('The request', requestViolations(draft)));
    samples.replaceChildren(
      element('h3', {}, 'The same call with curl'),
      codeBlock(kind.curl(call).trimEnd(), 'bash', 'The call with curl'),
      ...(kind.curlNeeds ? [element('p', { class: 'try-help' }, kind.curlNeeds)] : []),
      element('h3', {}, 'The same call in TypeScript'),
      codeBlock(kind.typescript(call).trimEnd(), 'typescript', 'The call in TypeScript'),
    );
  }

  async function submitDraft(): Promise<void> {
    const draft = form.draft();
    const credential = form.credential();
    problem.textContent = addressProblem(draft.address) ?? '';
    if (problem.textContent) return form.address.focus();
    submit.disabled = true;
    outcome.textContent = 'Sending …';
    const exchange = await send(draft, () => credential.kind.auth(credential.values));
    submit.disabled = false;
    const { answer } = exchange;
    const judgement = answer && judgeAnswer(draft.operation, answer.status, answer.text);
    if (judgement?.outcome === 'Accepted') made.set(draft.operation.id, jsonOf(answer?.text ?? ''));
    problem.textContent = exchange.problem ?? '';
    outcome.textContent = outcomeOf(exchange, judgement);
    result.replaceChildren(...exchangeNodes(draft, exchange, judgement, credential));
    submit.focus({ preventScroll: true });
    (exchange.problem ? problem : outcome).scrollIntoView({ block: 'start' });
  }

  form.onChoice(choose);
  form.node.addEventListener('input', showDraft);
  form.node.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!submit.disabled) submitDraft();
  });
  close.addEventListener('click', () => dialog.close());

  return {
    open(id) {
      if (!dialog.isConnected) document.body.append(dialog);
      choose(id);
      if (!dialog.open) dialog.showModal();
    },
    discard() {
      dialog.close();
      dialog.remove();
    },
  };
}
