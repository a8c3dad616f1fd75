/** Who asks, for what is served beyond the door. */
import { sessionOfHeaders } from "../chat/session-name.ts";
import type { Coordinates } from "../contracts.ts";
import type { ServedCaller } from "../services.ts";
import type { AppContext } from "./context.ts";

export function callerOf(c: AppContext): ServedCaller {
  const { name, limits, made } = c.get("client");
  const session = sessionOfHeaders(c.req.raw.headers);
  const trace = traceOf(c.req.raw.headers);
  const near = coordinatesOf(c.req.raw);
  return {
    ...{ client: name, host: c.get("host") },
    ...(limits && { limits }),
    ...(made && { made }),
    ...(trace !== undefined && { trace }),
    ...(near && { near }),
    ...(session !== undefined && { session }),
  };
}

/** https://www.w3.org/TR/trace-context/#traceparent-header: of version 00, and neither id of zeros alone. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

function traceOf(headers: Headers): string | undefined {
  const text = headers.get("traceparent");
  return text !== null && TRACEPARENT.test(text) ? text : undefined;
}

/**
 * Where a client is, as Cloudflare tells of its address. Undefined where that is not known, and where the Worker runs far from the client (`[placement]`): then the way begins
 * elsewhere.
 */
export function coordinatesOf({ cf, headers }: Pick<Request, "cf" | "headers">): Coordinates | undefined {
  if (headers.get("cf-placement")?.startsWith("remote")) return undefined;
  const [latitude, longitude] = [cf?.latitude, cf?.longitude].map((value) =>
    typeof value === "string" && value !== "" ? Number(value) : Number.NaN,
  );
  if (!isWithin(latitude, 90) || !isWithin(longitude, 180)) return undefined;
  return { latitude, longitude };
}

function isWithin(degrees: number | undefined, most: number): degrees is number {
  return degrees !== undefined && Math.abs(degrees) <= most;
}
