// Declares the parts of the generated clients that are used here, because the types are checked before the clients are
// generated.

interface CreateBackupRecordInit {
  headers: Record<string, string>;
  body: object;
}

declare module '#clients/hey-api' {
  export function createBackupRecord(
    options: CreateBackupRecordInit & { client: object; signal?: AbortSignal },
  ): Promise<{
    data?: { data?: unknown };
    error?: { code?: unknown; msg?: unknown };
    response?: Response;
  }>;
}

declare module '#clients/hey-api/client' {
  export function createConfig(config: {
    baseUrl: string;
    fetch: typeof globalThis.fetch;
    auth: () => Promise<string>;
  }): object;
  export function createClient(config: object): object;
}

declare module '#clients/redocly' {
  export const OPERATIONS: object;
  export function createClient(
    operations: object,
    config: {
      serverUrl: string;
      fetch: typeof globalThis.fetch;
      auth: { apiKey: { accessToken: () => Promise<string> } };
      retry: { retries: number };
      timeout: number;
    },
  ): {
    createBackupRecord(
      init: CreateBackupRecordInit,
      options: { signal: AbortSignal | null },
    ): Promise<{ data?: unknown }>;
  };
}
