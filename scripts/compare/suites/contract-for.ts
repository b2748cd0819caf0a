import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessToken, createBackupClient, unwrap } from '@koodrive-backup/client';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import {
  type Exemplified,
  type OpenapiDocument,
  operationsOf,
  type Parameter,
  resolve,
} from '@koodrive-backup/spec/openapi-document';
import { path as recordPath, xDate } from '../clients/tool.ts';
import type { Scene } from './stage.ts';

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
  const { accessToken: scheme } = contract.components.securitySchemes;
  Object.assign(document, { servers: [{ url: scene.baseUrl }], security: [{ accessToken: [] }] });
  Object.assign(document.components ?? {}, { securitySchemes: { accessToken: scheme } });
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
async function goodValues(scene: Scene): Promise<{ shared: Values; own: Record<string, Values> }> {
  const { correctUrl: baseUrl, userId, token } = scene;
  const client = createBackupClient({ baseUrl, auth: accessToken(token), userId });
  const lock = async (moduleCode: '100' | '101'): Promise<string> =>
    (await unwrap(client.POST('/koodrive/ose/v1/backup/lock', { body: { moduleCode } }))).lockId;
  const device = async (machineCode: string): Promise<string> =>
    (await unwrap(client.POST('/koodrive/ose/v1/backup/device', { body: { machineCode } }))).deviceId;

  const [lockId, deviceId] = [await lock('101'), await device('kept')];
  const params = { header: { 'x-backup-lock-id': lockId } };
  const body = { moduleCode: '101', deviceId } as const;
  const record = async (): Promise<string> => (await unwrap(client.POST(recordPath, { params, body }))).recordId;
  const recordId = await record();
  const own = {
    unbindDevice: { deviceId: await device('unbound') },
    releaseBackupLock: { 'x-backup-lock-id': await lock('100') },
    deleteBackupRecord: { recordId: await record() },
  };
  const query = { moduleCode: '101', deviceId, pageSize: 1 } as const;
  const { data: page } = await client.GET(recordPath, { params: { query } });
  const headers = { 'X-User-Id': userId, 'X-Date': xDate(), 'x-backup-lock-id': lockId };
  return { shared: { ...headers, deviceId, recordId, cursor: page?.nextCursor }, own };
}
