import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnswering, createMockServer } from './mock-server.ts';

const answers = (name: string) => ({
  200: { description: name, content: { 'application/json': { schema: { type: 'string' }, example: name } } },
});
const id = { name: 'recordId', in: 'path', required: true, schema: { $ref: '#/components/schemas/Id' } };

/** A contract as it may become: several methods on a path, parameters in path and query, no body, no credential. */
const contract = {
  openapi: '3.1.0',
  info: { title: 'Grown', version: '1' },
  security: [{ token: [], app: [] }, { token: [] }],
  paths: {
    '/records/{recordId}': {
      parameters: [id],
      get: { operationId: 'get', responses: answers('get') },
      delete: { operationId: 'delete', responses: answers('delete'), security: [] },
      patch: {
        operationId: 'patch',
        requestBody: { $ref: '#/components/requestBodies/Patch' },
        responses: answers('patch'),
      },
    },
    '/records/{recordId}/files': {
      get: {
        operationId: 'files',
        parameters: [
          { ...id, schema: { type: 'string', maxLength: 1 } },
          { name: 'pageSize', in: 'query', required: true, schema: { type: 'integer', minimum: 1, maximum: 100 } },
          { name: 'deep', in: 'query', schema: { $ref: '#/components/schemas/Flag' } },
        ],
        responses: answers('files'),
      },
    },
    '/records/latest': { get: { operationId: 'latest', responses: answers('latest') } },
  },
  components: {
    securitySchemes: {
      token: { type: 'apiKey', in: 'header', name: 'X-Token' },
      app: { type: 'apiKey', in: 'header', name: 'X-App' },
    },
    schemas: {
      Id: { type: 'string', pattern: '^[a-z/]+$' },
      Flag: { type: 'boolean' },
      Device: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
    },
    requestBodies: {
      Patch: {
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: { devices: { type: 'array', items: { $ref: '#/components/schemas/Device' } } },
            },
          },
        },
      },
    },
  },
};

describe('a contract with more operations', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createMockServer(createAnswering(contract));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it.each<[string, string, number, unknown, string?]>([
    ['GET', '/records/a', 200, 'get'],
    ['GET', '/records/a%2Fb', 200, 'get'],
    ['GET', '/records/latest', 200, 'latest'],
    ['DELETE', '/records/latest', 200, 'delete'],
    ['GET', '/records/A', 400, 'path.recordId must match pattern "^[a-z/]+$"'],
    ['GET', '/records/', 400, 'path.recordId is missing or empty'],
    ['PUT', '/records/a', 405, 'method PUT is not in the contract for /records/a'],
    ['GET', '/records/a/files?pageSize=10&deep=true', 200, 'files'],
    [
      'GET',
      '/records/ab/files',
      400,
      'path.recordId must NOT have more than 1 characters; query.pageSize is missing or empty',
    ],
    ['GET', '/records/a/files?pageSize=1.5', 400, 'query.pageSize must be integer'],
    ['GET', '/records/a/files?pageSize=101&deep=1', 400, 'query.pageSize must be <= 100; query.deep must be boolean'],
    ['GET', '/records/a/files?pageSize=1&pageSize=2', 400, 'query.pageSize must be sent once'],
    ['PATCH', '/records/a', 200, 'patch'],
    ['PATCH', '/records/a', 200, 'patch', '{"devices":[]}'],
    ['PATCH', '/records/a', 400, 'body.devices.1.id is missing', '{"devices":[{"id":""},{}]}'],
  ])('%s %s is %i', async (method, target, status, expected, body) => {
    const headers = { 'X-Token': 'a', 'Content-Type': 'application/json' };
    const answer = await fetch(url + target, { method, headers, ...(body !== undefined && { body }) });
    const value = await answer.json();
    expect(typeof value === 'string' ? value : value.msg).toBe(expected);
    expect(answer.status).toBe(status);
  });

  it('names all methods of a path in Allow', async () => {
    const answer = await fetch(`${url}/records/a`, { method: 'PUT' });
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'PATCH']);
  });

  it('asks for a credential only if the contract does, and accepts each alternative', async () => {
    expect((await fetch(`${url}/records/a`, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(`${url}/records/a`, { headers: { 'X-Token': 'a' } })).status).toBe(200);
    const refused = await fetch(`${url}/records/a`, { headers: { 'X-App': 'a' } });
    expect(await refused.json()).toEqual({ code: 401, msg: 'header.X-Token is missing or empty' });
  });
});
