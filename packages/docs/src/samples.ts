import type { CodeSample, OpenapiDocument, PlacedOperation } from '@koodrive-backup/spec/openapi-document';
import { type Call, exampleCall } from './call.ts';
import { curlWithAccessToken, curlWithAppSignature } from './samples-curl.ts';
import { typescriptWithAccessToken, typescriptWithAppSignature } from './samples-typescript.ts';

type Write = (call: Call) => string;

/** How a call is written, by the name that the contract gives to the way of authenticating. */
const writers: Record<string, { label: string; curl: Write; typescript: Write }> = {
  accessToken: { label: 'access token', curl: curlWithAccessToken, typescript: typescriptWithAccessToken },
  appSignature: { label: 'app signature', curl: curlWithAppSignature, typescript: typescriptWithAppSignature },
};

/**
 * The samples of an operation: for curl and for the TypeScript client, in each way of authenticating that the contract
 * allows for it.
 *
 * @throws Error when the contract asks for a way of authenticating that no sample shows.
 */
export function codeSamples(document: OpenapiDocument, placed: PlacedOperation): CodeSample[] {
  const call = exampleCall(document, placed);
  const ways = waysToAuthenticate(document, placed);
  return [
    ...ways.map(({ label, curl }) => ({ lang: 'Shell', label: `curl, ${label}`, source: curl(call) })),
    ...ways.map(({ label, typescript }) => ({
      lang: 'TypeScript',
      label: `TypeScript, ${label}`,
      source: typescript(call),
    })),
  ];
}

function waysToAuthenticate(document: OpenapiDocument, { operation }: PlacedOperation) {
  const alternatives = operation.security ?? document.security ?? [];
  return alternatives.map((requirement) => {
    const name = Object.keys(requirement).join(' and ');
    const writer = writers[name];
    if (writer === undefined) throw new Error(`No sample shows how ${operation.operationId} authenticates by ${name}`);
    return writer;
  });
}
