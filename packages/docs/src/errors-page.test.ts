import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import { errorsPage } from './errors-page.ts';

it('the page of errors has every status and code of the contract, and what the client throws', async () => {
  const page = await errorsPage(contract);
  const statuses = Object.values(contract.paths).flatMap((item) =>
    Object.values(item).flatMap(({ responses }) => Object.keys(responses)),
  );
  for (const status of new Set(statuses)) {
    if (status !== '200') expect(page).toContain(status === 'default' ? '## Any other status' : `## ${status} `);
  }
  for (const { code, name } of contract.components.schemas.ErrorResponse.properties.code['x-error-codes']) {
    expect(page).toContain(`| \`${code}\` | \`${name}\` |`);
  }
  expect(page).toContain('**The client throws** `BackupApiError` with `code` 409.');
  for (const error of ['BackupTimeoutError', 'BackupLockError']) expect(page).toContain(`| \`${error}\` | `);
});

it('a status without advice fails the build of the page', async () => {
  const copy = structuredClone(contract) as { paths: Record<string, Record<string, { responses: object }>> };
  const { responses } = copy.paths['/koodrive/ose/v1/backup/device']?.get ?? expect.fail('The operation is gone');
  Object.assign(responses, { 418: Object.values(responses)[1] });
  await expect(errorsPage(copy)).rejects.toThrow('The errors page has no advice on 418');
});
