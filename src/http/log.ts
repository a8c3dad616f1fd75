import type { RouterError } from "../errors.ts";

/** One structured line for a failure of the router or of an upstream; clients' mistakes are not logged. */
export function errorLog(error: RouterError, requestId: string): void {
  if (error.status < 500) return;
  const { cause } = error;
  console.error(
    JSON.stringify({
      request_id: requestId,
      code: error.code,
      message: error.message,
      ...(cause !== undefined && {
        cause: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
      }),
    }),
  );
}
