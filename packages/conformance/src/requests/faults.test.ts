import { type Operation, readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import { secondValidator } from '../../test/second-validator.ts';
import { bodyOf, type Call, sentValue, withBody, withValues } from './call.ts';
import { type FaultKind, faultsOf } from './faults.ts';

const { operations } = readContract(contract);

/** The kinds of faults that a JSON Schema decides. */
const ofSchema: FaultKind[] = [
  'missing-refused',
  'empty-refused',
  'wrong-type-refused',
  'bounds-refused',
  'pattern-refused',
  'enum-refused',
  'body-shape-refused',
];

/** Returns a call from the contract's examples. */
function exampleOf(operation: Operation): Call {
  const { method, path: template, parameters, body } = operation;
  const bare: Call = { operation, method, template, path: {}, query: [], headers: [], body: undefined };
  const call = parameters
    .filter(({ required }) => required)
    .reduce((made, { in: place, name, example }) => withValues(made, place, name, [String(example)]), bare);
  return body ? withBody(call, Object.values(body.examples)[0]) : call;
}

it('creates wrong bodies that both validators refuse, and twins that both accept', async () => {
  const refused = new Set<FaultKind>();
  for (const operation of operations) {
    const { body } = operation;
    if (!body) continue;
    const isValidToo = await secondValidator(body.pointer);
    for (const { kind, name, call, twin } of faultsOf(exampleOf(operation))) {
      const [isOfBody, field = ''] = /^(?:body\.(\w+)|a body)/.exec(name) ?? [];
      if (!ofSchema.includes(kind) || !isOfBody) continue;
      // Only Ajv checks that a text is JSON.
      if (kind === 'empty-refused' && body.schema.properties?.[field]?.contentMediaType) continue;
      const value = bodyOf(call);
      expect(isValidToo(value), `${operation.id}: ${name}`).toBe(body.validate(value));
      if (!body.validate(value)) refused.add(kind);
      if (!twin) continue;
      expect([body.validate(bodyOf(twin)), isValidToo(bodyOf(twin))], `${name}, mended`).toEqual([true, true]);
    }
  }
  expect(refused).toEqual(new Set(ofSchema));
});

it('creates wrong parameters that both validators refuse, and twins that both accept', async () => {
  const refused = new Set<FaultKind>();
  for (const operation of operations) {
    const faults = faultsOf(exampleOf(operation));
    for (const { in: place, name, schema, validate, pointer } of operation.parameters) {
      const isValidToo = await secondValidator(`${pointer}/schema`);
      const valueIn = (call: Call): unknown => {
        const text = sentValue(call, place, name);
        return schema.type === 'integer' && /^-?\d+(\.\d+)?$/.test(text ?? '') ? Number(text) : text;
      };
      for (const fault of faults.filter((one) => one.name.startsWith(`${place}.${name} `))) {
        const value = valueIn(fault.call);
        if (value === undefined || !ofSchema.includes(fault.kind)) continue;
        expect(isValidToo(value), `${operation.id}: ${fault.name}`).toBe(validate(value));
        if (!validate(value)) refused.add(fault.kind);
        if (!fault.twin) continue;
        const mended = valueIn(fault.twin);
        expect([validate(mended), isValidToo(mended)], `${fault.name}, mended`).toEqual([true, true]);
      }
    }
  }
  const ofBodies: FaultKind[] = ['missing-refused', 'body-shape-refused'];
  expect(refused).toEqual(new Set(ofSchema.filter((kind) => !ofBodies.includes(kind))));
});
