import { codeBlock, readableJson } from './code-block.ts';
import type { Draft } from './draft.ts';
import { type Content, element, listOf } from './element.ts';
import type { Exchange } from './exchange.ts';
import type { ChosenCredential } from './form.ts';
import { type AnswerJudgement, requestViolations } from './judge.ts';

/** What the contract has against a request or an answer, as a reader sees it. */
export function judged(what: string, violations: string[]): Content[] {
  if (violations.length === 0) return [element('p', { class: 'try-good' }, `${what} keeps to the contract.`)];
  return [element('p', { class: 'try-bad' }, `${what} violates the contract:`), listOf(violations)];
}

/** What became of a request, in one line that is read out. */
export function outcomeOf({ answer, request }: Exchange, judgement: AnswerJudgement | undefined): string {
  if (!answer || !judgement) return request ? 'No answer came.' : 'Nothing was sent.';
  const count = judgement.violations.length;
  const verdict =
    count === 0 ? 'keeps to the contract' : `violates the contract in ${count} ${count === 1 ? 'way' : 'ways'}`;
  return `${judgement.outcome}, with HTTP status ${answer.status}. The answer ${verdict}.`;
}

/** Shows the answer, and the request as it was sent. */
export function exchangeNodes(
  draft: Draft,
  { request, answer }: Exchange,
  judgement: AnswerJudgement | undefined,
  credential: ChosenCredential,
): Content[] {
  const hide = hiding(credential);
  const nodes: Content[] = [];
  if (answer && judgement) {
    nodes.push(
      element('h3', {}, 'Answer'),
      ...judged('The answer', judgement.violations),
      message(hide, `${answer.status} ${answer.statusText}`, [...answer.headers], answer.text),
    );
  }
  if (request) {
    const shown = (name: string, value: string): string =>
      name === 'authorization' ? credential.kind.shown(value) : value;
    const headers = [...request.headers].map(([name, value]): [string, string] => [name, shown(name, value)]);
    nodes.push(
      element('h3', {}, 'The request as it was sent'),
      ...judged('The request', requestViolations(draft, request.headers)),
      message(hide, `${request.method} ${request.url}`, headers, request.body),
    );
  }
  return nodes;
}

/** Returns a function that takes the secrets out of a text, because a provider may repeat them. */
function hiding({ kind, values }: ChosenCredential): (text: string) => string {
  const secrets = kind.fields.filter(({ isSecret }) => isSecret).map(({ name }) => values[name] ?? '');
  return (text) => secrets.reduce((hidden, secret) => (secret ? hidden.replaceAll(secret, '…') : hidden), text);
}

function message(
  hide: (text: string) => string,
  first: string,
  headers: [name: string, value: string][],
  body: string,
): HTMLElement {
  const rows = headers.map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, hide(value))),
  );
  return element(
    'div',
    {},
    element('p', { class: 'try-first' }, hide(first)),
    element('table', {}, element('tbody', {}, ...rows)),
    ...(body === '' ? [] : [codeBlock(hide(readableJson(body)), 'json', 'Body')]),
  );
}
