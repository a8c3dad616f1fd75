/** Who opened a WebSocket, told to the session's object in headers of the router's own: the client's never go there. */

import type { ServedCaller } from "../../services.ts";

export interface Caller extends ServedCaller {
  /** Of the upgrade; finds the socket's failures in the log. */
  readonly requestId: string;
  /** Whether the client named the session. */
  readonly named: boolean;
}

const NAME = "x-session-caller";

/** The header that tells the caller. */
export function callerHeaders(caller: Caller): Record<string, string> {
  return { [NAME]: encodeURIComponent(JSON.stringify(caller)) };
}

/** The caller that {@link callerHeaders} told. Throws TypeError when there is none: the object is called by the router only. */
export function callerOf(headers: Headers): Caller {
  return asCaller(JSON.parse(decodeURIComponent(headers.get(NAME) ?? "null")));
}

/** A value that went through JSON or structured cloning. */
export function asCaller(value: unknown): Caller {
  if (isCaller(value)) return value;
  throw new TypeError("not a caller");
}

function isCaller(value: unknown): value is Caller {
  return (
    typeof value === "object" &&
    value !== null &&
    "client" in value &&
    typeof value.client === "string" &&
    "host" in value &&
    typeof value.host === "string" &&
    (!("near" in value) || isCoordinates(value.near)) &&
    (!("trace" in value) || typeof value.trace === "string") &&
    (!("session" in value) || typeof value.session === "string") &&
    (!("made" in value) || isMade(value.made)) &&
    "requestId" in value &&
    typeof value.requestId === "string" &&
    "named" in value &&
    typeof value.named === "boolean"
  );
}

function isCoordinates(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "latitude" in value &&
    typeof value.latitude === "number" &&
    "longitude" in value &&
    typeof value.longitude === "number"
  );
}

function isMade(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "digest" in value &&
    typeof value.digest === "string"
  );
}
