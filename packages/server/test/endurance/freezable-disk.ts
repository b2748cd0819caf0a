import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '@koodrive-backup/testkit/at-end';

/** A disk that can stop answering writes. */
export interface FreezableDisk extends Disposable {
  folder: string;
  freeze(): void;
  /** Lets all writes go on. */
  thaw(): void;
}

/** The reason why a test without such a disk is skipped. */
export const noFreezableDisk =
  'SKIPPED, not tested on this machine: a disk that stalls. Run the tests as root on Linux, with mkfs.ext4 and fsfreeze.';

/** Creates a disk in a file and mounts it; `undefined` if this process may not. */
export function makeFreezableDisk(): FreezableDisk | undefined {
  const parent = mkdtempSync(join(tmpdir(), 'koodrive-freezable-'));
  const [image, folder] = [join(parent, 'image'), join(parent, 'disk')];
  const run = (command: string, ...args: string[]): void => void execFileSync(command, args, { stdio: 'ignore' });
  try {
    mkdirSync(folder);
    run('truncate', '--size', '64M', image);
    run('mkfs.ext4', '-q', image);
    run('mount', '-o', 'loop', image, folder);
    run('fsfreeze', '--freeze', folder);
    run('fsfreeze', '--unfreeze', folder);
  } catch {
    execFileSync('sh', ['-c', 'umount --lazy "$0" 2>/dev/null; true', folder]);
    rmSync(parent, { recursive: true });
    console.warn(`\n${noFreezableDisk}`);
    return undefined;
  }
  let isFrozen = false;
  function thaw(): void {
    if (isFrozen) run('fsfreeze', '--unfreeze', folder);
    isFrozen = false;
  }
  const unmount = atEnd(() => {
    // A frozen disk could not be unmounted, and processes that write to it could not end.
    thaw();
    run('umount', '--lazy', folder);
    rmSync(parent, { recursive: true });
  });
  return {
    folder,
    freeze() {
      isFrozen = true;
      run('fsfreeze', '--freeze', folder);
    },
    thaw,
    [Symbol.dispose]: unmount,
  };
}
