/** Who asks, for what is served beyond the door. */
import { sessionOfHeaders } from "../chat/session-name.ts";
import type { ServedCaller } from "../services.ts";
import type { AppContext } from "./context.ts";

export function callerOf(c: AppContext): ServedCaller {
  const { name, limits, made } = c.var.client;
  const session = sessionOfHeaders(c.req.raw.headers);
  return {
    ...{ client: name, host: c.var.host },
    ...(limits && { limits }),
    ...(made && { made }),
    ...(session !== undefined && { session }),
  };
}
