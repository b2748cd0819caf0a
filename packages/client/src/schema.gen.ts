// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: 716bb8ef64a23bcbb90bf309b2c87c9b65c826e331eddcde039ce214632b17d3
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
         * @description Lists all devices that the user has bound, those bound first in front. There are no pages.
         *
         *     Source: the neighbouring page
         *     [listBoundDevice](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/listBoundDevice.html),
         *     of 2026-02-12.
         */
        get: operations["listBoundDevice"];
        put?: never;
        /**
         * Bind a device
         * @description Makes a machine known to the user's KooDrive, as a device with an id of its own.
         *
         *     A machine that the user has bound already is the same device again: it keeps its `deviceId` and `createTime`, and
         *     takes on the name and the system that the request gives. So a request may be sent twice.
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
         * @description Removes a device, and answers with it as it was. Its records stay, without `deviceInfo`. When the machine is bound
         *     again, it is a new device.
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
         * @description Takes the lock of a user's module, for ten minutes. There is one for each user and module: while it is live it is
         *     handed out to nobody else, the one who took it included.
         *
         *     Source: the neighbouring page
         *     [createBackupLock](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/createBackupLock.html),
         *     in Chinese of 2026-02-03; the date of the English one was not seen.
         */
        post: operations["createBackupLock"];
        /**
         * Release a lock
         * @description Ends a live lock, so that the module can be locked again at once.
         *
         *     Source: the neighbouring page
         *     [releaseBackupLock](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/releaseBackupLock.html),
         *     in Chinese of 2026-02-03; the date of the English one was not seen.
         */
        delete: operations["releaseBackupLock"];
        options?: never;
        head?: never;
        /**
         * Renew a lock
         * @description Makes a live lock last ten minutes from now. A lock that has expired is not renewed: take another.
         *
         *     Source: the neighbouring page
         *     [renewalBackupLock](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/renewalBackupLock.html),
         *     in Chinese of 2026-02-03; the date of the English one was not seen.
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
         * @description Lists the user's records of a module, the newest first, page by page. Records that are to be deleted are among them
         *     while they exist.
         *
         *     The next page is asked for with the `nextCursor` of the last one; where there is none, the list is at its end. What
         *     is created meanwhile neither shifts nor repeats what is still to come.
         *
         *     Source: the neighbouring page
         *     [listBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/listBackupRecord.html),
         *     of 2026-02-12.
         */
        get: operations["listBackupRecord"];
        put?: never;
        /**
         * Create a backup record
         * @description Opens a backup record. The new record has `status` 0 and `version` 1. It has `deviceInfo` where the user has bound
         *     the device; one that is not bound is taken too.
         *
         *     The caller holds a lock and sends its id in `x-backup-lock-id`. Creating is not idempotent: the page promises
         *     nothing about a request that is sent twice, so each may open a record of its own.
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
         * @description Gives one of the user's records, also where it is to be deleted, while it exists.
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
         * @description Marks a record for deletion, with its files: its `status` becomes 2, and it is removed in the background. Until then
         *     it can be read; afterwards it does not exist.
         *
         *     A request may be sent twice: on a record that is to be deleted nothing changes.
         *
         *     Source: the neighbouring page
         *     [deleteBackupRecord](https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/deleteBackupRecord.html),
         *     in Chinese of 2026-02-03; the date of the English one was not seen.
         */
        delete: operations["deleteBackupRecord"];
        options?: never;
        head?: never;
        /**
         * Complete a backup
         * @description Marks a backup as complete: the record's `status` becomes 1, and its `endTime` is now. `properties` take the place of
         *     the old ones; where they are left out, those stay.
         *
         *     A request may be sent twice: on a completed record nothing changes, unless it brings other `properties`. `endTime`
         *     stays in any case.
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
         * @description Module code, the kind of data that is backed up, from 100 to 102.
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
         * @description Device ID. Always a string, never a number.
         * @example 1842812272691451648
         */
        DeviceId: string;
        /**
         * @description Custom properties of the record, a JSON document inside this string.
         * @example {"test":"123"}
         */
        Properties: string;
        /** @description What is known of the machine that is bound. */
        BindDeviceRequest: {
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
        /** @description The envelope of a bound device. */
        BindDeviceResponse: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            data: components["schemas"]["DeviceEntity"];
        };
        /** @description The envelope of the user's devices. */
        ListBoundDeviceResponse: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            /** @description All devices that the user has bound, those bound first in front. */
            data: components["schemas"]["DeviceEntity"][];
        };
        /** @description The envelope of a device that was unbound. */
        UnbindDeviceResponse: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            data: components["schemas"]["DeviceEntity"];
        };
        /** @description What is locked. */
        CreateBackupLockRequest: {
            moduleCode: components["schemas"]["ModuleCode"];
        };
        /** @description The envelope of a new lock. */
        CreateBackupLockResponse: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            data: components["schemas"]["LockInfo"];
        };
        /** @description Lock information. A lock lasts 10 minutes from when it was taken or renewed. */
        LockInfo: {
            lockId: components["schemas"]["LockId"];
        };
        /** @description What is asked for when a record is created. */
        CreateBackupRecordRequest: {
            moduleCode: components["schemas"]["ModuleCode"];
            deviceId: components["schemas"]["DeviceId"];
            properties?: components["schemas"]["Properties"];
        };
        /** @description The envelope of a created record. */
        CreateBackupRecordResponse: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            data: components["schemas"]["BackupRecord"];
        };
        /** @description The envelope of a page of records. */
        ListBackupRecordResponse: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            /** @description Backup records, the newest first. */
            data: components["schemas"]["BackupRecord"][];
            /**
             * @description The cursor that the next page is asked for with. Absent on the last page.
             * @example MTg0Mjg2Mjc2MzI5NTE4NDY0MQ
             */
            nextCursor?: string;
        };
        /** @description The envelope of a record. */
        GetBackupRecordResponse: {
            code: components["schemas"]["SuccessCode"];
            msg: components["schemas"]["SuccessMessage"];
            data: components["schemas"]["BackupRecord"];
        };
        /** @description What becomes of the record's properties when it is completed. May be empty. */
        CompleteBackupRequest: {
            properties?: components["schemas"]["Properties"];
        };
        /** @description Backup record. */
        BackupRecord: {
            /**
             * @description Record ID.
             * @example 1842862763295184641
             */
            recordId: string;
            moduleCode: components["schemas"]["ModuleCode"];
            /**
             * @description Where the record is in its life.
             * @example 0
             * @enum {integer}
             */
            status: 0 | 1 | 2;
            properties?: components["schemas"]["Properties"];
            /**
             * @description Version of the record, 1 when it is created, and one more with each change.
             * @example 1
             */
            version: number;
            /**
             * Format: date-time
             * @description Creation time of the record, in UTC with milliseconds.
             * @example 2025-12-17T07:59:20.752Z
             */
            createTime: string;
            /**
             * Format: date-time
             * @description End time of the backup, when it was completed. Absent before.
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
             * @description Creation time of the device's entry, in UTC with milliseconds.
             * @example 2025-09-15T06:14:48.630Z
             */
            createTime?: string;
        };
        /** @description The envelope of a refusal. */
        ErrorResponse: {
            /**
             * @description Why the request was refused; never 0. The vendor publishes codes of eight digits in its plain API
             *     reference. Where it publishes none that fits, a provider may answer with the HTTP status as `code`.
             * @example 13000102
             */
            code: number;
            /**
             * @description Why the request was refused, for a person to read.
             * @example body.deviceId must be string
             */
            msg: string;
        };
    };
    responses: {
        /**
         * @description Refused. The vendor's list of codes has 400 for a parameter that fails its check, its list of statuses has 400
         *     for authentication that was not passed: `code` tells which. So it does where an id names nothing of the
         *     user's.
         */
        BadRequest: {
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
         * @description Refused, because a lock for this user and module is live, whoever took it. The vendor documents no 409: it is a
         *     decision of this project (E12 of the errata).
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
         * @description Refused, because `x-backup-lock-id` names no live lock of this user. The vendor documents no 409: it is a
         *     decision of this project (E14 of the errata).
         */
        LockNotLive: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /** @description The server was reached and could not carry out the request. */
        ServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /** @description Any other status is a refusal too. The vendor publishes no list of them for this operation. */
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
         * @description Lock ID: a live lock of the user's, as createBackupLock hands it out. Opaque. The header's form is
         *     `x-backup-lock-id: <lock id>`.
         * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
         */
        BackupLockId: components["schemas"]["LockId"];
        /**
         * @description Record ID, of a record of the user's.
         * @example 1842862763295184641
         */
        RecordId: string;
        /**
         * @description Device ID, of a device that the user has bound.
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
            /**
             * @description `code` is 0 and `data` is the list, which may be empty.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListBoundDeviceResponse"];
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
                 * @description Trace ID, 58 characters long, by which the request is found again in logs. The header's form is
                 *     `X-traceid: <trace id>`.
                 * @example 78e41c7edb024d5585b38153e4fefd2e-20251103T070140752Z-00001
                 */
                "X-traceid"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description The machine that is bound. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BindDeviceRequest"];
            };
        };
        responses: {
            /**
             * @description The device is bound: `code` is 0 and `data` is the device.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BindDeviceResponse"];
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
                 * @description Device ID, of a device that the user has bound.
                 * @example 1775406005920779393
                 */
                deviceId: components["parameters"]["DeviceId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /**
             * @description The device is removed: `code` is 0 and `data` is the device as it was.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnbindDeviceResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
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
        /** @description The module that is locked. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateBackupLockRequest"];
            };
        };
        responses: {
            /**
             * @description The lock is the caller's: `code` is 0 and `data` has its id.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreateBackupLockResponse"];
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
                 * @description Lock ID: a live lock of the user's, as createBackupLock hands it out. Opaque. The header's form is
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
            /**
             * @description The lock is released: `code` is 0.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
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
                 * @description Lock ID: a live lock of the user's, as createBackupLock hands it out. Opaque. The header's form is
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
            /**
             * @description The lock lasts ten minutes from now: `code` is 0.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
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
                 * @description Where the page begins: the `nextCursor` of the page before, for the same user, `moduleCode` and `deviceId`.
                 *     Opaque. Left out for the first page.
                 * @example MTg0Mjg2Mjc2MzI5NTE4NDY0MQ
                 */
                cursor?: string;
                /**
                 * @description Device ID, for the records of one device only, which may have been unbound.
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
            /**
             * @description `code` is 0 and `data` is the page, which may be empty.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListBackupRecordResponse"];
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
                 * @description Lock ID: a live lock of the user's, as createBackupLock hands it out. Opaque. The header's form is
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
                "application/json": components["schemas"]["CreateBackupRecordRequest"];
            };
        };
        responses: {
            /**
             * @description The record was created: `code` is 0 and `data` is the record.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreateBackupRecordResponse"];
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
                 * @description Record ID, of a record of the user's.
                 * @example 1842862763295184641
                 */
                recordId: components["parameters"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /**
             * @description `code` is 0 and `data` is the record.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GetBackupRecordResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
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
                 * @description Lock ID: a live lock of the user's, as createBackupLock hands it out. Opaque. The header's form is
                 *     `x-backup-lock-id: <lock id>`.
                 * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
                 */
                "x-backup-lock-id": components["parameters"]["BackupLockId"];
            };
            path: {
                /**
                 * @description Record ID, of a record of the user's.
                 * @example 1842862763295184641
                 */
                recordId: components["parameters"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /**
             * @description The record is to be deleted: `code` is 0.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
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
    completeBackup: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description Lock ID: a live lock of the user's, as createBackupLock hands it out. Opaque. The header's form is
                 *     `x-backup-lock-id: <lock id>`.
                 * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
                 */
                "x-backup-lock-id": components["parameters"]["BackupLockId"];
            };
            path: {
                /**
                 * @description Record ID, of a record of the user's.
                 * @example 1842862763295184641
                 */
                recordId: components["parameters"]["RecordId"];
            };
            cookie?: never;
        };
        /** @description The properties, if they change. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompleteBackupRequest"];
            };
        };
        responses: {
            /**
             * @description The record is complete: `code` is 0.
             *
             *     A provider may also refuse with this status: then `code` is not 0, there is no `data`, and the body has the
             *     shape of ErrorResponse.
             */
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
            /**
             * @description Refused, because `x-backup-lock-id` names no live lock of this user, or because the record is to be deleted. The
             *     vendor documents no 409: it is a decision of this project (E14 and E17 of the errata).
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
