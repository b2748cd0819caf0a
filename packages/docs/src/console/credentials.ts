import { accessToken, appSignature, type BackupAuth } from '@koodrive-backup/client';
import type { Call } from '../call.ts';
import { curlWithAccessToken, curlWithAppSignature } from '../samples-curl.ts';
import { typescriptWithAccessToken, typescriptWithAppSignature } from '../samples-typescript.ts';

/** A field of a credential. */
interface CredentialField {
  name: string;
  label: string;
  help: string;
  isSecret: boolean;
  value: string;
}

/** A way to authenticate, as the console offers it. */
export interface CredentialKind {
  label: string;
  fields: CredentialField[];
  /** Returns what the client authenticates with. Throws a TypeError if a field cannot be right. */
  auth(values: Record<string, string>): BackupAuth;
  /** Returns the header Authorization without its secret, to show it. */
  shown(authorization: string): string;
  curl(call: Call): string;
  /** Says what the curl command needs besides curl, and where to find it. */
  curlNeeds?: string;
  typescript(call: Call): string;
}

/** The ways to authenticate, by the name that the contract gives to each. */
export const credentialKinds: Record<string, CredentialKind> = {
  accessToken: {
    label: 'Access token',
    fields: [
      {
        name: 'token',
        label: 'Token',
        help: 'The mock accepts any token.',
        isSecret: true,
        value: 'any-token',
      },
    ],
    auth: ({ token = '' }) => accessToken(token),
    shown: () => 'Bearer+$KOODRIVE_TOKEN',
    curl: curlWithAccessToken,
    typescript: typescriptWithAccessToken,
  },
  appSignature: {
    label: 'App id and app secret',
    fields: [
      { name: 'appId', label: 'App id', help: 'The mock accepts any id.', isSecret: false, value: 'any-app' },
      {
        name: 'appSecret',
        label: 'App secret',
        help: 'It signs the request in this page, and is not sent. The mock does not verify the signature.',
        isSecret: true,
        value: 'any-secret',
      },
    ],
    auth: ({ appId = '', appSecret = '' }) => appSignature({ appId, appSecret }),
    shown: (authorization) => authorization.replace(/(?<=Signature=).*/, '…'),
    curl: curlWithAppSignature,
    curlNeeds: 'signed-curl.sh, which signs, is on the page “Signing”.',
    typescript: typescriptWithAppSignature,
  },
};
