import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { type Exemplified, type OpenapiDocument, operationsOf, type Parameter, resolve } from '../openapi-document.ts';
import type { Scene } from './stage.ts';

const root = '/koodrive/ose/v1/backup';

type Values = Record<string, unknown>;

/** The file, in a scene's folder, that `writeContract` writes. */
export const contractFile = 'openapi.json';

/**
 * Writes the contract for the tools that read it, with values that are good for one run. Its only server is the
 * provider, its only security scheme the one that the tools have a credential for, and each parameter and body has one
 * example.
 *
 * @param change Gives it the form that a tool reads best.
 */
export async function writeContract(
  scene: Scene,
  change: (document: OpenapiDocument) => object = (document) => document,
): Promise<void> {
  writeFileSync(join(scene.folder, contractFile), JSON.stringify(change(await contractFor(scene))));
}

async function contractFor(scene: Scene): Promise<OpenapiDocument> {
  const document = structuredClone(contract) as unknown as OpenapiDocument;
  const { accessToken } = contract.components.securitySchemes;
  Object.assign(document, { servers: [{ url: scene.baseUrl }], security: [{ accessToken: [] }] });
  Object.assign(document.components ?? {}, { securitySchemes: { accessToken } });
  const { shared, own } = await goodValues(scene);
  for (const { operation } of operationsOf(document)) {
    const good = { ...shared, ...own[operation.operationId] };
    operation.parameters = (operation.parameters ?? []).map((one) => {
      const parameter = resolve<Parameter>(document, one);
      return Object.hasOwn(good, parameter.name) ? { ...parameter, example: good[parameter.name] } : parameter;
    });
    for (const holder of [operation.requestBody, operation.responses?.['200']]) {
      if (holder && 'content' in holder) keepOneExample(document, holder.content?.['application/json']);
    }
  }
  return document;
}

/** The last one, since some tools send nothing for the empty object that is the first example of a completion. */
function keepOneExample(document: OpenapiDocument, json: Exemplified | undefined): void {
  const last = Object.values(json?.examples ?? {}).at(-1);
  if (!json || !last) return;
  json.example = resolve<{ value?: unknown }>(document, last).value;
  delete json.examples;
}

/**
 * What a user has to have for every operation to succeed: devices, live locks, records, a page to go on from.
 *
 * @returns Values of parameters by name. What an operation uses up is its own, by operationId, so that it does not
 * matter in which order operations are called.
 */
async function goodValues({
  correctUrl,
  userId,
  authorization,
}: Scene): Promise<{ shared: Values; own: Record<string, Values> }> {
  const headers = { 'X-User-Id': userId, 'X-Date': new Date().toISOString().replace(/[-:]|\.\d+/g, '') };

  async function send(
    method: string,
    path: string,
    body?: object,
    lockId = '',
  ): Promise<{ data: Values; nextCursor?: string }> {
    const response = await fetch(`${correctUrl}${root}${path}`, {
      method,
      headers: {
        ...headers,
        authorization,
        ...(body && { 'content-type': 'application/json', 'x-backup-lock-id': lockId }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`the reference provider answers ${response.status} to ${method} ${path}`);
    return (await response.json()) as { data: Values; nextCursor?: string };
  }
  const lock = async (moduleCode: string) => `${(await send('POST', '/lock', { moduleCode })).data.lockId}`;
  const device = async (machineCode: string) => (await send('POST', '/device', { machineCode })).data.deviceId;

  const lockId = await lock('101');
  const deviceId = await device('kept');
  const record = async () => (await send('POST', '/record', { moduleCode: '101', deviceId }, lockId)).data.recordId;
  const recordId = await record();
  const own = {
    unbindDevice: { deviceId: await device('unbound') },
    releaseBackupLock: { 'x-backup-lock-id': await lock('100') },
    deleteBackupRecord: { recordId: await record() },
  };
  const { nextCursor: cursor } = await send('GET', `/record?moduleCode=101&pageSize=1&deviceId=${deviceId}`);
  return { shared: { ...headers, 'x-backup-lock-id': lockId, deviceId, recordId, cursor }, own };
}
