/** Who asks, for what is served beyond the door. */
import type { ServedCaller } from "../services.ts";
import type { AppContext } from "./context.ts";

export function callerOf(c: AppContext): ServedCaller {
  const { name, limits, made } = c.var.client;
  return { client: name, host: c.var.host, ...(limits && { limits }), ...(made && { made }) };
}
