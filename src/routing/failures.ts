/** What a failure says about further attempts at the same request. */
import type { ErrorCode, RouterError } from "../errors.ts";

/** A request that is wrong itself is wrong for every model. */
export function isClients(error: RouterError): boolean {
  return error.status < 500 && error.status !== 429;
}

/** Credentials that were refused are the same in every region. */
export function isRefusal(code: ErrorCode): boolean {
  return (
    code.startsWith("aws_credentials_") ||
    code === "upstream_credentials_rejected" ||
    code === "api_key_missing"
  );
}
