// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: 9e7f6dd4618e6c01454f4711c0b3880083840dfddb14e6f93bc7c6910e93e2d5
// openapi-typescript: 7.13.0

export interface paths {
    "/koodrive/ose/v1/backup/device": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the bound devices
         * @description Lists all devices that the user has bound. There are no pages.
         *
         *     Our reading (E23): the device that was bound first is first, as in the example.
         *
         *     Source: the neighbouring page
         *     [listBoundDevice](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/listBoundDevice.html),
         *     of 2026-02-12.
         */
        get: operations["listBoundDevice"];
        put?: never;
        /**
         * Bind a device
         * @description Adds a machine to the user's KooDrive as a device with its own id.
         *
         *     Our reading (E20): if the user has already bound the machine, it stays the same device. It keeps its `deviceId` and
         *     `createTime`, and gets the `deviceName` and `deviceOS` of the request. So a request may be sent twice. A provider may
         *     limit how many devices a user has, and refuse any further one.
         *
         *     Source: the neighbouring page
         *     [bindDevice](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/bindDevice.html),
         *     of 2026-02-12.
         */
        post: operations["bindDevice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/koodrive/ose/v1/backup/device/{deviceId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Unbind a device
         * @description Removes a device, and returns it as it was.
         *
         *     Our reading (E22): the device's records stay, without `deviceInfo`. If the machine is bound again, it is a new device.
         *
         *     Source: the neighbouring page
         *     [unbindDevice](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/unbindDevice.html),
         *     of 2026-02-12.
         */
        delete: operations["unbindDevice"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/koodrive/ose/v1/backup/lock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a lock
         * @description Takes a lock, which expires after ten minutes.
         *
         *     Our reading (E12): the page has no table of the body, so `moduleCode` is from its example. Each user has one lock for
         *     each module. As long as the lock is live, nobody gets another one, not even its holder.
         *
         *     Source: the neighbouring page
         *     [createBackupLock](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/createBackupLock.html),
         *     whose Chinese version is of 2026-02-03; the date of the English version was not seen.
         */
        post: operations["createBackupLock"];
        /**
         * Release a lock
         * @description Releases a lock, so that the module can be locked again at once.
         *
         *     Our reading (E13): the lock must be live, so a second release is refused.
         *
         *     Source: the neighbouring page
         *     [releaseBackupLock](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/releaseBackupLock.html),
         *     whose Chinese version is of 2026-02-03; the date of the English version was not seen.
         */
        delete: operations["releaseBackupLock"];
        options?: never;
        head?: never;
        /**
         * Renew a lock
         * @description Renews a lock, so that it lasts ten minutes from the renewal.
         *
         *     Our reading (E13): the ten minutes begin at the provider's current time. A lock that has expired cannot be renewed:
         *     take another.
         *
         *     Source: the neighbouring page
         *     [renewalBackupLock](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/renewalBackupLock.html),
         *     whose Chinese version is of 2026-02-03; the date of the English version was not seen.
         */
        patch: operations["renewalBackupLock"];
        trace?: never;
    };
    "/koodrive/ose/v1/backup/record": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List backup records
         * @description Lists the user's records of a module, page by page.
         *
         *     Our reading (E16): the newest record is first. Records that are to be deleted are in the list until the provider
         *     removes them (E18). To request the next page, send the `nextCursor` of the page before; the last page has none. A page
         *     may be shorter than `pageSize`, but it is not empty if it has a `nextCursor`. If records are created or removed in the
         *     meantime, the following pages neither skip nor repeat a record.
         *
         *     Source: the neighbouring page
         *     [listBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/listBackupRecord.html),
         *     of 2026-02-12.
         */
        get: operations["listBackupRecord"];
        put?: never;
        /**
         * Create a backup record
         * @description Creates a backup record. The caller sends the id of a lock in `x-backup-lock-id`.
         *
         *     Our reading: the lock must be live (E14). The new record has `status` 0 and `version` 1 (E19). It has `deviceInfo` if
         *     the user has bound the device; a `deviceId` that is not bound is accepted too (E15). The page promises nothing about a
         *     request that is sent twice: each may create a record of its own (E34).
         *
         *     Source: the page
         *     [createBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/createBackupRecord.html),
         *     of 2026-02-12.
         */
        post: operations["createBackupRecord"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/koodrive/ose/v1/backup/record/{recordId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a backup record
         * @description Returns one of the user's records.
         *
         *     Our reading (E18): a record that is to be deleted is returned too, until the provider removes it.
         *
         *     Source: the neighbouring page
         *     [getBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/getBackupRecord.html),
         *     of 2026-02-12.
         */
        get: operations["getBackupRecord"];
        put?: never;
        post?: never;
        /**
         * Delete a backup record
         * @description Deletes a record and its files.
         *
         *     Our reading (E18): the record's `status` becomes 2, and the provider removes the record later, in the background. Until
         *     then it can be read; afterwards it does not exist. A request may be sent twice: the second changes nothing.
         *
         *     Source: the neighbouring page
         *     [deleteBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/deleteBackupRecord.html),
         *     whose Chinese version is of 2026-02-03; the date of the English version was not seen.
         */
        delete: operations["deleteBackupRecord"];
        options?: never;
        head?: never;
        /**
         * Complete a backup
         * @description Marks a backup as complete: the record's `status` becomes 1.
         *
         *     Our reading (E17): `endTime` becomes the provider's current time. `properties` replace the old ones; if they are left
         *     out, the old ones stay. A request may be sent twice: if the record is already completed, only `properties` can change.
         *
         *     Source: the neighbouring page
         *     [completeBackup](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/completeBackup.html),
         *     of which no date was seen.
         */
        patch: operations["completeBackup"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description Status code. 0 means success.
         * @example 0
         * @constant
         */
        SuccessCode: 0;
        /**
         * @description Status description.
         * @example success
         */
        SuccessMessage: string;
        /** @description The envelope of a success that has no data. */
        SuccessResponse: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
        };
        /**
         * @description Module code, the kind of data that is backed up: 100 for folders, 101 for the album, 102 for the address book.
         * @example 101
         * @enum {string}
         */
        ModuleCode: "100" | "101" | "102";
        /**
         * @description Lock ID. Opaque.
         * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
         */
        LockId: string;
        /**
         * @description Record ID. Always a string, never a number.
         * @example 1842862763295184641
         */
        RecordId: string;
        /**
         * @description Device ID. Always a string, never a number.
         * @example 1842812272691451648
         */
        DeviceId: string;
        /**
         * @description Custom properties of the record, a JSON document inside this string.
         * @example {"test":"123"}
         */
        Properties: string;
        /** @description The machine to bind. */
        DeviceInput: {
            /**
             * @description Machine code, by which the device knows itself. Letters, digits and underscores, 64 at most.
             * @example 20251217
             */
            machineCode: string;
            /**
             * @description Device name. Letters, digits, hyphens, underscores and white space, 32 at most.
             * @example Magic-v5
             */
            deviceName?: string;
            /**
             * @description Device system. Letters, digits, underscores and white space, 32 at most.
             * @example android
             */
            deviceOS?: string;
        };
        /** @description The envelope of a device. */
        DeviceEnvelope: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            data: components["schemas"]["DeviceEntity"];
        };
        /** @description The envelope of the user's devices. */
        DeviceListEnvelope: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            /** @description All devices that the user has bound, in the order in which they were bound (E23). */
            data: components["schemas"]["DeviceEntity"][];
        };
        /** @description The module to lock. */
        BackupLockInput: {
            moduleCode: components["schemas"]["ModuleCode"];
        };
        /** @description The envelope of a new lock. */
        LockEnvelope: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            data: components["schemas"]["LockInfo"];
        };
        /** @description Lock information. A lock lasts 10 minutes from when it was taken or renewed. */
        LockInfo: {
            lockId: components["schemas"]["LockId"];
        };
        /** @description The record to create. */
        BackupRecordInput: {
            moduleCode: components["schemas"]["ModuleCode"];
            deviceId: components["schemas"]["DeviceId"];
            properties?: components["schemas"]["Properties"];
        };
        /** @description The envelope of a record. */
        BackupRecordEnvelope: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            data: components["schemas"]["BackupRecord"];
        };
        /** @description The envelope of a page of records. */
        BackupRecordPage: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            /** @description Backup records, the newest first (E16). */
            data: components["schemas"]["BackupRecord"][];
            /**
             * @description The cursor to request the next page with. Absent on the last page (E16).
             * @example MTg0Mjg2Mjc2MzI5NTE4NDY0MQ
             */
            nextCursor?: string;
        };
        /** @description The properties that replace the record's old ones. The object may be empty (E17). */
        BackupCompletionInput: {
            properties?: components["schemas"]["Properties"];
        };
        /** @description Backup record. */
        BackupRecord: {
            recordId: components["schemas"]["RecordId"];
            moduleCode: components["schemas"]["ModuleCode"];
            /**
             * @description Status of the record: 0 for new, 1 for completed, 2 for to be deleted.
             * @example 0
             * @enum {integer}
             */
            status: 0 | 1 | 2;
            properties?: components["schemas"]["Properties"];
            /**
             * @description Version of the record. 1 when it is created, and one more with each change (E19).
             * @example 1
             */
            version: number;
            /**
             * Format: date-time
             * @description Creation time of the record, in UTC with milliseconds (E28).
             * @example 2025-12-17T07:59:20.752Z
             */
            createTime: string;
            /**
             * Format: date-time
             * @description End time of the backup. Absent until it is completed (E17, E28).
             * @example 2025-12-17T08:04:11.305Z
             */
            endTime?: string;
            deviceInfo?: components["schemas"]["DeviceEntity"];
        };
        /** @description Device information. On pages about devices the vendor calls it BoundDeviceEntity. */
        DeviceEntity: {
            deviceId: components["schemas"]["DeviceId"];
            /**
             * @description Machine code, by which the device knows itself.
             * @example 20251217
             */
            machineCode?: string;
            /**
             * @description Device name.
             * @example Magic-v5
             */
            deviceName?: string;
            /**
             * @description Device system.
             * @example android
             */
            deviceOS?: string;
            /**
             * Format: date-time
             * @description Creation time of the device's entry, in UTC with milliseconds (E28).
             * @example 2025-09-15T06:14:48.630Z
             */
            createTime?: string;
        };
        /** @description The envelope of a refusal. */
        ErrorResponse: {
            /**
             * @description Why the request was refused; never 0. The vendor publishes codes of eight digits in its plain API
             *     reference; if it names a status for one, the status is 400. If none of the codes fits, a provider may answer
             *     with the HTTP status as `code` (E6).
             * @example 13000102
             */
            code: number;
            /**
             * @description Why the request was refused, for people to read.
             * @example header.X-Date is missing or empty
             */
            msg: string;
        };
    };
    responses: {
        /**
         * @description Refused. In the vendor's list of codes, 400 is for a parameter that fails its check; in its list of statuses, it
         *     is for failed authentication. The `code` shows which of the two it is (E7).
         */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /** @description Refused as in BadRequest, or because the user has no record with the id `recordId` (E15). */
        BadRequestForRecord: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /** @description Refused as in BadRequest, or because the user has no device with the id `deviceId` (E15). */
        BadRequestForDevice: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /** @description Refused, because the request is not authorised. */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /**
         * @description Refused, because a lock for this user and module is live, whoever took it. The vendor documents no 409: our
         *     reading (E12).
         */
        LockHeld: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /**
         * @description Refused, because `x-backup-lock-id` names no live lock of this user. The vendor documents no 409: our reading
         *     (E14).
         */
        LockNotLive: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /**
         * @description According to the vendor's list of statuses, the server was reached but could not understand the request. A
         *     provider that fails also answers with this status (E6).
         */
        ServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /**
         * @description Any other status is also a refusal. The vendor publishes no list of statuses for this operation (E6). A gateway
         *     in front of a provider may answer with a body of its own (E32).
         */
        OtherRefusal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
    };
    parameters: {
        /**
         * @description Lock ID of a live lock of the user, as createBackupLock returns it. Opaque (E5). The header's form is
         *     `x-backup-lock-id: <lock id>`.
         * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
         */
        BackupLockId: components["schemas"]["LockId"];
        /**
         * @description Record ID of one of the user's records (E15).
         * @example 1842862763295184641
         */
        RecordId: components["schemas"]["RecordId"];
        /**
         * @description Device ID of a device that the user has bound (E15).
         * @example 1775406005920779393
         */
        DeviceId: components["schemas"]["DeviceId"];
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listBoundDevice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `code` is 0 and `data` is the list, which may be empty. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceListEnvelope"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    bindDevice: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Trace ID, 58 characters long (E24), to find the request in logs. The header's form is `X-traceid: <trace id>`.
                 * @example 78e41c7edb024d5585b38153e4fefd2e-20251103T070140752Z-00001
                 */
                "X-traceid"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description The machine to bind. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeviceInput"];
            };
        };
        responses: {
            /** @description The device is bound: `code` is 0 and `data` is the device. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceEnvelope"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    unbindDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Device ID of a device that the user has bound (E15).
                 * @example 1775406005920779393
                 */
                deviceId: components["parameters"]["DeviceId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The device is removed: `code` is 0 and `data` is the device as it was. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceEnvelope"];
                };
            };
            400: components["responses"]["BadRequestForDevice"];
            401: components["responses"]["Unauthorized"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    createBackupLock: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description The module to lock. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackupLockInput"];
            };
        };
        responses: {
            /** @description The caller has the lock: `code` is 0 and `data` has its id. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LockEnvelope"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            409: components["responses"]["LockHeld"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    releaseBackupLock: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description Lock ID of a live lock of the user, as createBackupLock returns it. Opaque (E5). The header's form is
                 *     `x-backup-lock-id: <lock id>`.
                 * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
                 */
                "x-backup-lock-id": components["parameters"]["BackupLockId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lock is released: `code` is 0. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            409: components["responses"]["LockNotLive"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    renewalBackupLock: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description Lock ID of a live lock of the user, as createBackupLock returns it. Opaque (E5). The header's form is
                 *     `x-backup-lock-id: <lock id>`.
                 * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
                 */
                "x-backup-lock-id": components["parameters"]["BackupLockId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lock lasts ten minutes from now: `code` is 0. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            409: components["responses"]["LockNotLive"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    listBackupRecord: {
        parameters: {
            query: {
                /**
                 * @description Module code of the records.
                 * @example 101
                 */
                moduleCode: components["schemas"]["ModuleCode"];
                /**
                 * @description How many records a page holds at most.
                 * @example 20
                 */
                pageSize: number;
                /**
                 * @description The start of the page: the `nextCursor` of the page before, for the same user, `moduleCode` and `deviceId` (E16).
                 *     Opaque. Leave it out for the first page.
                 * @example MTg0Mjg2Mjc2MzI5NTE4NDY0MQ
                 */
                cursor?: string;
                /**
                 * @description Device ID, to list only the records of one device. The device may already be unbound (E15, E22).
                 * @example 1842812272691451648
                 */
                deviceId?: components["schemas"]["DeviceId"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `code` is 0 and `data` is the page, which may be empty. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackupRecordPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    createBackupRecord: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description Lock ID of a live lock of the user, as createBackupLock returns it. Opaque (E5). The header's form is
                 *     `x-backup-lock-id: <lock id>`.
                 * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
                 */
                "x-backup-lock-id": components["parameters"]["BackupLockId"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description The device and the kind of data to back up. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackupRecordInput"];
            };
        };
        responses: {
            /** @description The record was created: `code` is 0 and `data` is the record. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackupRecordEnvelope"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            409: components["responses"]["LockNotLive"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    getBackupRecord: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Record ID of one of the user's records (E15).
                 * @example 1842862763295184641
                 */
                recordId: components["parameters"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `code` is 0 and `data` is the record. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackupRecordEnvelope"];
                };
            };
            400: components["responses"]["BadRequestForRecord"];
            401: components["responses"]["Unauthorized"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    deleteBackupRecord: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description Lock ID of a live lock of the user, as createBackupLock returns it. Opaque (E5). The header's form is
                 *     `x-backup-lock-id: <lock id>`.
                 * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
                 */
                "x-backup-lock-id": components["parameters"]["BackupLockId"];
            };
            path: {
                /**
                 * @description Record ID of one of the user's records (E15).
                 * @example 1842862763295184641
                 */
                recordId: components["parameters"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record is to be deleted: `code` is 0. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponse"];
                };
            };
            400: components["responses"]["BadRequestForRecord"];
            401: components["responses"]["Unauthorized"];
            409: components["responses"]["LockNotLive"];
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
    completeBackup: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description Lock ID of a live lock of the user, as createBackupLock returns it. Opaque (E5). The header's form is
                 *     `x-backup-lock-id: <lock id>`.
                 * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
                 */
                "x-backup-lock-id": components["parameters"]["BackupLockId"];
            };
            path: {
                /**
                 * @description Record ID of one of the user's records (E15).
                 * @example 1842862763295184641
                 */
                recordId: components["parameters"]["RecordId"];
            };
            cookie?: never;
        };
        /** @description The properties, if they change. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackupCompletionInput"];
            };
        };
        responses: {
            /** @description The record is complete: `code` is 0. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponse"];
                };
            };
            400: components["responses"]["BadRequestForRecord"];
            401: components["responses"]["Unauthorized"];
            /**
             * @description Refused, because `x-backup-lock-id` names no live lock of this user, or because the record is to be deleted. The
             *     vendor documents no 409: our reading (E14, E17).
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
}
