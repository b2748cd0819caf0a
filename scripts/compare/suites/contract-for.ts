import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessToken, createBackupClient, unwrap } from '@koodrive-backup/client';
import { type Body, find, mediaType, type Operation, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { path as recordPath, xDate } from '../clients/tool.ts';
import type { Scene } from './stage.ts';

type Values = Record<string, unknown>;

/** A Parameter Object or a Media Type Object. */
export interface Exemplified {
  example?: unknown;
  examples?: object;
}

/** An Operation Object of the contract that {@link writeContract} writes. */
export interface WrittenOperation {
  parameters: ({ name: string; in: string } & Exemplified)[];
  requestBody?: Content;
  responses: Record<string, Content>;
}

interface Content {
  content: Record<string, Exemplified>;
}

/** The name of the file that `writeContract` writes into a scene's folder. */
export const contractFile = 'openapi.json';

/**
 * Writes the contract for a tool that reads it, with values that are valid for one run. Its only server is the
 * provider, its only security scheme the one for which the tools have a credential, and each parameter and body has one
 * example.
 *
 * @param change Changes the contract into a form that the tool can use. Default: no change.
 */
export async function writeContract(
  scene: Scene,
  change: (document: object) => object = (document) => document,
): Promise<void> {
  writeFileSync(join(scene.folder, contractFile), JSON.stringify(change(await contractFor(scene))));
}

/** Returns the Operation Object of an operation in the contract that is being written. */
export function written(document: object, { pointer }: Operation): WrittenOperation {
  return find(document, pointer).value as WrittenOperation;
}

async function contractFor(scene: Scene): Promise<object> {
  const document = structuredClone(contract);
  const { accessToken: scheme } = contract.components.securitySchemes;
  Object.assign(document, { servers: [{ url: scene.baseUrl }], security: [{ accessToken: [] }] });
  Object.assign(document.components, { securitySchemes: { accessToken: scheme } });
  const { stamps, made, usedUp } = await goodValues(scene);
  for (const operation of readContract(document).operations) {
    const object = written(document, operation);
    const values = { ...made, ...usedUp[operation.id] };
    object.parameters = operation.parameters.map(({ name, in: where, pointer, madeBy }) => {
      const example = madeBy ? values[madeBy.operation] : stamps[name];
      return { name, in: where, ...find(document, pointer).value, ...(example !== undefined && { example }) };
    });
    keepOneExample(object.requestBody, operation.body);
    keepOneExample(object.responses['200'], operation.responses['200']);
  }
  return document;
}

/**
 * Keeps the last example. Not the first, because that of completeBackup is an empty object, for which some tools send
 * no body.
 */
function keepOneExample(holder: Content | undefined, described: Pick<Body, 'examples'> | undefined): void {
  const json = holder?.content[mediaType];
  const last = Object.values(described?.examples ?? {}).at(-1);
  if (!json || last === undefined) return;
  json.example = last;
  delete json.examples;
}

/** Valid values for a scene's requests. */
interface GoodValues {
  /** Headers that a client sets itself, by name. */
  stamps: Values;
  /** Values that the provider created, by the operation that creates them (`x-made-by`). */
  made: Values;
  /** Values of their own for operations that consume theirs, so that the order of the operations does not matter. */
  usedUp: Record<string, Values>;
}

/** Creates everything that a user needs so that every operation succeeds: devices, live locks, records and a cursor. */
async function goodValues(scene: Scene): Promise<GoodValues> {
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
  const usedUp = {
    unbindDevice: { bindDevice: await device('unbound') },
    releaseBackupLock: { createBackupLock: await lock('100') },
    deleteBackupRecord: { createBackupRecord: await record() },
  };
  const query = { moduleCode: '101', deviceId, pageSize: 1 } as const;
  const { data: page } = await client.GET(recordPath, { params: { query } });
  return {
    stamps: { 'X-User-Id': userId, 'X-Date': xDate() },
    made: {
      bindDevice: deviceId,
      createBackupLock: lockId,
      createBackupRecord: recordId,
      listBackupRecord: page?.nextCursor,
    },
    usedUp,
  };
}
