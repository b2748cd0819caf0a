// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: 47c65b3c6b1f6d6e2f6fbbbeb21479b699680e5a771051327e7974141bf31b85

import type { CallArguments, CallOf, CallResult } from './client.ts';

/** The calls of a client, by method. */
export interface Calls {
  GET: {
    /**
     * List the bound devices.
     *
     * Lists all devices that the user has bound. There are no pages.
     *
     * Our reading (E23): the device that was bound first is first, as in the example.
     *
     * Source: the neighbouring page
     * [listBoundDevice](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/listBoundDevice.html),
     * of 2026-02-12.
     */
    (...call: CallArguments<'get', '/koodrive/ose/v1/backup/device'>): CallResult<'get', '/koodrive/ose/v1/backup/device'>;
    /**
     * List backup records.
     *
     * Lists the user's records of a module, page by page.
     *
     * Our reading (E16): the newest record is first. Records that are to be deleted are in the list until the provider
     * removes them (E18). To request the next page, send the `nextCursor` of the page before; the last page has none. A page
     * may be shorter than `pageSize`, but it is not empty if it has a `nextCursor`. If records are created or removed in the
     * meantime, the following pages neither skip nor repeat a record.
     *
     * Source: the neighbouring page
     * [listBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/listBackupRecord.html),
     * of 2026-02-12.
     */
    (...call: CallArguments<'get', '/koodrive/ose/v1/backup/record'>): CallResult<'get', '/koodrive/ose/v1/backup/record'>;
    /**
     * Get a backup record.
     *
     * Returns one of the user's records.
     *
     * Our reading (E18): a record that is to be deleted is returned too, until the provider removes it.
     *
     * Source: the neighbouring page
     * [getBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/getBackupRecord.html),
     * of 2026-02-12.
     */
    (...call: CallArguments<'get', '/koodrive/ose/v1/backup/record/{recordId}'>): CallResult<'get', '/koodrive/ose/v1/backup/record/{recordId}'>;
  } & CallOf<'get'>;
  POST: {
    /**
     * Bind a device.
     *
     * Adds a machine to the user's KooDrive as a device with its own id.
     *
     * Our reading (E20): if the user has already bound the machine, it stays the same device. It keeps its `deviceId` and
     * `createTime`, and gets the `deviceName` and `deviceOS` of the request. So a request may be sent twice. A provider may
     * limit how many devices a user has, and refuse any further one.
     *
     * Source: the neighbouring page
     * [bindDevice](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/bindDevice.html),
     * of 2026-02-12.
     */
    (...call: CallArguments<'post', '/koodrive/ose/v1/backup/device'>): CallResult<'post', '/koodrive/ose/v1/backup/device'>;
    /**
     * Take a lock.
     *
     * Takes a lock, which expires after ten minutes.
     *
     * Our reading (E12): the page has no table of the body, so `moduleCode` is from its example. Each user has one lock for
     * each module. As long as the lock is live, nobody gets another one, not even its holder.
     *
     * Source: the neighbouring page
     * [createBackupLock](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/createBackupLock.html),
     * whose Chinese version is of 2026-02-03; the date of the English version was not seen.
     */
    (...call: CallArguments<'post', '/koodrive/ose/v1/backup/lock'>): CallResult<'post', '/koodrive/ose/v1/backup/lock'>;
    /**
     * Create a backup record.
     *
     * Creates a backup record. The caller sends the id of a lock in `x-backup-lock-id`.
     *
     * Our reading: the lock must be live (E14). The new record has `status` 0 and `version` 1 (E19). It has `deviceInfo` if
     * the user has bound the device; a `deviceId` that is not bound is accepted too (E15). The page promises nothing about a
     * request that is sent twice: each may create a record of its own (E34).
     *
     * Source: the page
     * [createBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/createBackupRecord.html),
     * of 2026-02-12.
     */
    (...call: CallArguments<'post', '/koodrive/ose/v1/backup/record'>): CallResult<'post', '/koodrive/ose/v1/backup/record'>;
  } & CallOf<'post'>;
  DELETE: {
    /**
     * Release a lock.
     *
     * Releases a lock, so that the module can be locked again at once.
     *
     * Our reading (E13): the lock must be live, so a second release is refused.
     *
     * Source: the neighbouring page
     * [releaseBackupLock](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/releaseBackupLock.html),
     * whose Chinese version is of 2026-02-03; the date of the English version was not seen.
     */
    (...call: CallArguments<'delete', '/koodrive/ose/v1/backup/lock'>): CallResult<'delete', '/koodrive/ose/v1/backup/lock'>;
    /**
     * Unbind a device.
     *
     * Removes a device, and returns it as it was.
     *
     * Our reading (E22): the device's records stay, without `deviceInfo`. If the machine is bound again, it is a new device.
     *
     * Source: the neighbouring page
     * [unbindDevice](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/unbindDevice.html),
     * of 2026-02-12.
     */
    (...call: CallArguments<'delete', '/koodrive/ose/v1/backup/device/{deviceId}'>): CallResult<'delete', '/koodrive/ose/v1/backup/device/{deviceId}'>;
    /**
     * Delete a backup record.
     *
     * Deletes a record and its files.
     *
     * Our reading (E18): the record's `status` becomes 2, and the provider removes the record later, in the background. Until
     * then it can be read; afterwards it does not exist. A request may be sent twice: the second changes nothing.
     *
     * Source: the neighbouring page
     * [deleteBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/deleteBackupRecord.html),
     * whose Chinese version is of 2026-02-03; the date of the English version was not seen.
     */
    (...call: CallArguments<'delete', '/koodrive/ose/v1/backup/record/{recordId}'>): CallResult<'delete', '/koodrive/ose/v1/backup/record/{recordId}'>;
  } & CallOf<'delete'>;
  PATCH: {
    /**
     * Renew a lock.
     *
     * Renews a lock, so that it lasts ten minutes from the renewal.
     *
     * Our reading (E13): the ten minutes begin at the provider's current time. A lock that has expired cannot be renewed:
     * take another.
     *
     * Source: the neighbouring page
     * [renewalBackupLock](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/renewalBackupLock.html),
     * whose Chinese version is of 2026-02-03; the date of the English version was not seen.
     */
    (...call: CallArguments<'patch', '/koodrive/ose/v1/backup/lock'>): CallResult<'patch', '/koodrive/ose/v1/backup/lock'>;
    /**
     * Complete a backup.
     *
     * Marks a backup as complete: the record's `status` becomes 1.
     *
     * Our reading (E17): `endTime` becomes the provider's current time. `properties` replace the old ones; if they are left
     * out, the old ones stay. A request may be sent twice: if the record is already completed, only `properties` can change.
     *
     * Source: the neighbouring page
     * [completeBackup](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/completeBackup.html),
     * of which no date was seen.
     */
    (...call: CallArguments<'patch', '/koodrive/ose/v1/backup/record/{recordId}'>): CallResult<'patch', '/koodrive/ose/v1/backup/record/{recordId}'>;
  } & CallOf<'patch'>;
}
