import type { Report, Result, Violation } from '../findings/report.ts';

/** Where the contract is in a project that has the suite installed: a code scanner shows a finding beside a file. */
const contractFile = 'node_modules/@koodrive-backup/spec/dist/openapi.json';

/** The violations for code scanning: SARIF 2.1.0, a rule for each check. */
export function sarifReport({ results, contract, provider, seed, wfcVersion }: Report): string {
  const rules = [...new Map(results.map((result) => [result.check, result]))].map(([id, { title, wfc }]) => ({
    id,
    shortDescription: { text: title },
    ...(wfc !== undefined && { properties: { tags: [`wfc-${wfc}`] } }),
  }));
  const found = results.flatMap((result) => result.violations.map((violation) => sarifResult(result, violation)));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'koodrive-conformance', semanticVersion: contract.version, rules } },
        results: found,
        properties: { provider, seed, wfcVersion },
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function sarifResult(
  { check, operation, outcome }: Result,
  { expected, got, fault, atFault, hint, pointer, request, curl }: Violation,
): object {
  const told = [
    `expected ${expected}`,
    `got ${got}`,
    ...(fault ? [`fault: ${fault}`] : []),
    `contract: ${pointer}`,
    `at fault: ${atFault}`,
    ...(hint ? [hint] : []),
  ];
  return {
    ruleId: check,
    level: outcome === 'violated' ? 'error' : 'note',
    message: { text: [...told, ...(curl ? [curl] : [])].join('\n') },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: contractFile }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: operation ?? pointer }],
      },
    ],
    properties: { atFault, ...(request !== undefined && { request }) },
    // The same finding in another run is the same alert.
    partialFingerprints: { 'checkOfOperation/v1': `${check} ${operation ?? ''} ${fault ?? ''}` },
  };
}
