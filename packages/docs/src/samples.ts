import type { Operation } from '@koodrive-backup/spec/contract';
import { type Call, exampleCall } from './call.ts';
import { curlWithAccessToken } from './samples-curl.ts';
import { pythonWithAccessToken } from './samples-python.ts';
import { typescriptWithAccessToken, typescriptWithAppSignature } from './samples-typescript.ts';

/** A sample that Redoc shows beside an operation, under its label. */
export interface CodeSample {
  lang: string;
  label: string;
  source: string;
}

/** How a call is written, by the name that the contract gives to the way of authenticating. */
const samplesBy: Record<string, (call: Call) => CodeSample[]> = {
  accessToken: (call) => [
    { lang: 'Shell', label: 'curl', source: curlWithAccessToken(call) },
    { lang: 'TypeScript', label: 'TypeScript', source: typescriptWithAccessToken(call) },
    { lang: 'Python', label: 'Python', source: pythonWithAccessToken(call) },
  ],
  // The client signs by itself. Without the client, signing takes forty lines, which only the page on signing has.
  appSignature: (call) => [
    { lang: 'TypeScript', label: 'TypeScript, app signature', source: typescriptWithAppSignature(call) },
  ],
};

/**
 * The samples of an operation, in each way of authenticating that the contract allows for it.
 *
 * @throws Error if the contract asks for a way of authenticating that no sample shows.
 */
export function codeSamples(operation: Operation): CodeSample[] {
  const call = exampleCall(operation);
  return operation.security.flatMap((schemes) => {
    const name = schemes.map((scheme) => scheme.name).join(' and ');
    const samples = samplesBy[name];
    if (samples === undefined) throw new Error(`No sample shows how ${operation.id} authenticates by ${name}`);
    return samples(call);
  });
}
