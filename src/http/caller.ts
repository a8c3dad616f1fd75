/** Who asks, for what is served beyond the door. */
import { sessionOfHeaders } from "../chat/session-name.ts";
import type { ServedCaller } from "../services.ts";
import type { AppContext } from "./context.ts";
import { coordinatesOf } from "./coordinates.ts";

export function callerOf(c: AppContext): ServedCaller {
  const { name, limits, made } = c.var.client;
  const session = sessionOfHeaders(c.req.raw.headers);
  const near = coordinatesOf(c.req.raw);
  return {
    ...{ client: name, host: c.var.host },
    ...(limits && { limits }),
    ...(made && { made }),
    ...(near && { near }),
    ...(session !== undefined && { session }),
  };
}
