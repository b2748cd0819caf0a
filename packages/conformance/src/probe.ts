import type { Operation } from '@koodrive-backup/spec/contract';
import type { Suite } from './check.ts';
import { CouldNotRun } from './could-not-run.ts';
import type { Mask } from './http/secrets.ts';
import type { Exchange, Identity } from './http/session.ts';
import type { Answer } from './http/wire.ts';
import type { Call } from './requests/call.ts';
import { unlessMissing } from './requests/fixtures.ts';

/**
 * Checks that the provider answers and knows the users, because nothing can be judged otherwise.
 *
 * @throws CouldNotRun if it does not.
 */
export async function probe(suite: Suite, baseUrl: URL, mask: Mask): Promise<void> {
  const { contract, fixtures, session, main, other } = suite;
  const isHarmless = ({ method, path }: Operation): boolean => method === 'GET' && !path.includes('{');
  const operation = contract.operations.find(isHarmless) ?? contract.operations[0];
  if (!operation) return;
  // The answer shows the provider's time, so that no later X-Date is ahead of it. This request needs no lock, record or
  // device.
  const { method, path: template } = operation;
  const bare: Call = { operation, method, template, path: {}, query: [], headers: [], body: undefined };
  const { answer, failure } = await session.send(bare, { authorizations: [] });
  if (failure?.isUnreachable) throw new CouldNotRun(failure.message);
  if (failure?.isTimeout) throw new CouldNotRun(`the provider does not answer: ${failure.message}`);
  // A gateway may refuse with its own web page, so other refusals prove nothing.
  if (answer && (answer.status < 400 || answer.status === 404)) assertNoWebPage(answer, operation);
  for (const identity of [main, ...(other ? [other] : [])]) {
    await unlessMissing(async () => {
      const call = await fixtures.call(operation, identity);
      const exchange = await session.send(call, { as: identity });
      assertKnownTo(exchange, operation, identity, mask);
      assertPathOnce(exchange.answer, operation, baseUrl);
    });
  }
}

/** @throws CouldNotRun if the API is not found because the base URL ends as the contract's paths begin. */
function assertPathOnce(answer: Answer | undefined, { path }: Operation, { pathname }: URL): void {
  if (answer?.status !== 404) return;
  const folders = path.split('/').slice(0, -1);
  const begins = folders.map((_, i) => folders.slice(0, i + 1).join('/')).filter(Boolean);
  const twice = begins.findLast((begin) => pathname.replace(/\/+$/, '').endsWith(begin));
  if (twice === undefined) return;
  throw new CouldNotRun(
    `the provider answered 404 to ${path}: leave ${twice} out of the base URL, because the contract's paths begin with it`,
  );
}

/** @throws CouldNotRun if the provider does not know an identity. */
function assertKnownTo(
  { answer, judgement: { envelope } }: Exchange,
  operation: Operation,
  { userId }: Identity,
  mask: Mask,
): void {
  if (answer?.status === 401 || answer?.status === 403 || envelope?.code === 401) {
    const msg = typeof envelope?.msg === 'string' ? `: ${mask.text(envelope.msg)}` : '';
    throw new CouldNotRun(`the provider does not accept the credentials of user ${userId}${msg}`);
  }
  assertNoWebPage(answer, operation);
}

/** @throws CouldNotRun if the answer is a web page, so that the URL leads to another site. */
function assertNoWebPage(answer: Answer | undefined, { path }: Operation): void {
  if (answer && isWebPage(answer)) {
    throw new CouldNotRun(`there is no KooDrive Backup API: ${path} answered status ${answer.status} and a web page`);
  }
}

/** Whether an answer is a web page: the URL leads to another site, or a login page stands in front of the provider. */
function isWebPage({ headers, body }: Answer): boolean {
  return /^text\/html\b/i.test(headers['content-type']?.[0] ?? '') && /^\s*</.test(`${body}`);
}
