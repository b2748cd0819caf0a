import { samplesOf } from '@koodrive-backup/testkit/readme-samples';

/** Returns the sample of the client's README that begins with the name of a file. */
export function recipe(name: string): string {
  const found = samplesOf('packages/client/README.md').find(({ code }) => code.startsWith(`// ${name}`));
  if (!found) throw new Error(`packages/client/README.md has no sample that begins with // ${name}`);
  return found.code;
}
