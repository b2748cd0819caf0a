// `node run-samples.ts FILE…`: imports programs one after the other, in one process, because starting Node takes longer
// than most of them run. Prints as JSON what each wrote to the console. Ends only if no program leaves anything
// running.
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const { log } = console;
const printed: string[] = [];
for (const file of process.argv.slice(2)) {
  const lines: string[] = [];
  console.log = (...values) => lines.push(format(...values));
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    throw new Error(`${file} failed`, { cause: error });
  }
  printed.push(lines.join('\n'));
}
log(JSON.stringify(printed));
