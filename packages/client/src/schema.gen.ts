// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of the bundle: da1331e42d2b235c430c7e538b1c8f6b6d72376b3154b0a9d782a6224b3ca2c5
// openapi-typescript: 7.13.0

export interface paths {
    "/koodrive/ose/v1/backup/record": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a backup record
         * @description Opens a backup record for a device. The new record has `status` 0.
         *
         *     The caller holds a lock and sends its id in `x-backup-lock-id`. Creating is not idempotent: the page promises
         *     nothing about a request that is sent twice, so each may open a record of its own.
         */
        post: operations["createBackupRecord"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description Module code, the kind of data that is backed up, from 100 to 102.
         * @example 101
         * @enum {string}
         */
        ModuleCode: "100" | "101" | "102";
        /** @description What is asked for when a record is created. */
        CreateBackupRecordRequest: {
            moduleCode: components["schemas"]["ModuleCode"];
            /**
             * @description Device ID. Always a string, never a number.
             * @example 1842812272691451648
             */
            deviceId: string;
            /**
             * @description Custom properties of the record, a JSON document inside this string.
             * @example {"test":"123"}
             */
            properties?: string;
        };
        /** @description The envelope of a created record. */
        CreateBackupRecordResponse: {
            /**
             * @description Status code. 0 means success.
             * @example 0
             * @constant
             */
            code: 0;
            /**
             * @description Status description.
             * @example success
             */
            msg: string;
            data: components["schemas"]["BackupRecord"];
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
            /**
             * @description Custom properties of the record, a JSON document inside this string.
             * @example {"test":"123"}
             */
            properties?: string;
            /**
             * @description Version of the record.
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
             * @description End time of the backup. Absent while the record is new.
             * @example 2025-12-17T08:04:11.305Z
             */
            endTime?: string;
            deviceInfo?: components["schemas"]["DeviceEntity"];
        };
        /** @description Device information. */
        DeviceEntity: {
            /**
             * @description Device ID. Always a string, never a number.
             * @example 1842812272691451648
             */
            deviceId: string;
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
         *     for authentication that was not passed: `code` tells which.
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
         * @description Lock ID: the lock under which the record is created. Opaque. The header's form is `x-backup-lock-id: <lock id>`.
         * @example 78e41c7e-db02-4d55-85b3-8153e4fefd2e@102
         */
        BackupLockId: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    createBackupRecord: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description Lock ID: the lock under which the record is created. Opaque. The header's form is `x-backup-lock-id: <lock id>`.
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
            500: components["responses"]["ServerError"];
            default: components["responses"]["OtherRefusal"];
        };
    };
}
