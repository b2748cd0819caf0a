// Generated from the contract by `pnpm generate`. Do not edit.
// contract: 0.1.0
// sha256 of what follows: 26f9f8085a7f95c501a52b015965cdef245d89ff9a7124a3ad04cf5cd078b899

/**
 * The codes of refusals that the vendor publishes. Most are about files and spaces. A provider may answer with others.
 */
export const errorCodes = {
  /** A bad request, in an older list of the vendor. */
  badRequest: 13000101,
  /** A header, a parameter or the body fails its check. */
  parameterCheckFailed: 13000102,
  /** A call between the provider's own services failed. */
  internalServiceCallFailed: 13000201,
  /** The space is missing, or in an abnormal state. */
  spaceAbnormal: 13000301,
  /** The file is not in the given space. */
  fileNotInSpace: 13000302,
  /** The file is not in the recycle bin. */
  fileNotInRecycleBin: 13000303,
  /** The target folder is in an abnormal state. */
  targetFolderAbnormal: 13000304,
  /** The target folder is in the recycle bin. */
  targetFolderInRecycleBin: 13000305,
  /** The file is in the recycle bin. */
  fileInRecycleBin: 13000306,
  /** The folders are nested in each other. */
  foldersNested: 13000307,
  /** The metadata of the file is wrong. */
  fileMetadataWrong: 13000308,
  /** The resource does not exist. */
  resourceDoesNotExist: 13000309,
  /** The folders are nested too deeply. */
  folderTooDeep: 13000310,
  /** There is no space left. */
  outOfSpace: 13000311,
  /** The file is in the target folder already. */
  fileAlreadyInTargetFolder: 13000312,
  /** The upload task does not exist. */
  uploadTaskDoesNotExist: 13000401,
  /** The check of the file's integrity failed. */
  integrityCheckFailed: 13000402,
  /** The state of the file could not be changed. */
  fileStateChangeFailed: 13000403,
  /** The parent folder of the upload is in the recycle bin. */
  parentFolderInRecycleBin: 13000404,
  /** The name of the file exists already. */
  duplicateFileName: 13000405,
  /** The operation is not allowed on a folder. */
  notAllowedOnFolder: 13000406,
  /** There is no address to download from. */
  noDownloadAddress: 13000407,
  /** The download failed. */
  downloadFailed: 13000408,
  /** The upload failed. */
  uploadFailed: 13000409,
  /** The user may not use this space. */
  spaceNotPermitted: 13000410,
  /** The file is not in this space. */
  fileNotInThisSpace: 13000411,
  /** The space is not active. */
  spaceNotActive: 13000412,
  /** The type of search is not supported. */
  searchTypeUnsupported: 13000413,
  /** The type of search is empty. */
  searchTypeEmpty: 13000414,
} as const;

/** The same codes as ranges of consecutive codes: fewer bytes for code that needs no names. */
export const publishedCodes: readonly (readonly [first: number, last: number])[] = [
  [13000101, 13000102],
  [13000201, 13000201],
  [13000301, 13000312],
  [13000401, 13000414],
];
