import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '@koodrive-backup/testkit/at-end';

/** A disk so small that it can be filled. */
export interface SmallDisk extends Disposable {
  folder: string;
  /** Fills the disk except for some bytes. */
  fill(leaveBytes: number): void;
  /** Frees that room again. */
  free(): void;
}

/** The reason why a test without a small disk is skipped. */
export const noSmallDisk = 'SKIPPED, not tested on this machine: a full disk. Run the tests as root on Linux.';

/** Creates a disk in memory and mounts it. Returns `undefined` if this process may not: that needs Linux and root. */
export function makeSmallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmdirSync(folder);
    console.warn(`\n${noSmallDisk}`);
    return undefined;
  }
  const ballast = join(folder, 'ballast');
  const unmount = atEnd(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  });
  return {
    folder,
    fill(leaveBytes) {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
    },
    free: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]: unmount,
  };
}
