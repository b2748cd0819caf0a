import { prepareKey, useNewestKey } from '../auth/rotate-key.ts';
import type { OptionValues } from '../command-options.ts';
import { holdFolder } from '../store/folder-lock.ts';
import { openStorage } from '../store/open-store.ts';
import { filesOf } from '../store/storage-options.ts';
import { print } from './print.ts';

/** Replaces the key, or only prepares the next one, so that it can be copied to other machines. */
export async function rotateKey({ prepare = false, ...options }: OptionValues): Promise<void> {
  const { store, keySource } = await openStorage(options, true);
  try {
    // One at a time: of two at once, one could overwrite the key that the other has put to use.
    const letGo = holdFolder(filesOf(options).data, 'key');
    try {
      await prepareKey(store, keySource);
      if (prepare)
        return await print(`the next key is in ${keySource.name}: copy it to the other machines, then rotate`);
      const count = await useNewestKey(store, keySource);
      await print(`a new key is in use; app secrets encrypted with it: ${count}`);
    } finally {
      letGo();
    }
  } finally {
    await store.close();
  }
}
