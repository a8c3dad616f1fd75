/** The host that a request names: the client writes it, and all of a request's URL depends on it. */
import { RouterError } from "../errors.ts";

/** A name or an address, and a port. What else a runtime lets through (`me@host`, `host/path`) makes another URL of it. */
const HOST = /^[A-Za-z0-9._:[\]-]+$/;

/**
 * The name of the host, without its port.
 * @throws RouterError `invalid_value` (400) for a Host header that is none.
 */
export function requestHost({ url, headers }: Request): string {
  const host = headers.get("host");
  const parsed = host === null || HOST.test(host) ? URL.parse(url) : null;
  if (parsed && parsed.hostname !== "" && parsed.username === "" && parsed.password === "") {
    return parsed.hostname;
  }
  throw new RouterError(
    "invalid_value",
    "The Host header does not name a host. Send the router's host name, and the port where it is not the usual one.",
  );
}
