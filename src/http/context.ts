/** What every request carries through the app. */
import type { Context } from "hono";
import type { ReadBinding } from "../env.ts";
import type { Env } from "../env.ts";
import type { MemoryHold } from "../lib/memory.ts";
import type { Client } from "./auth.ts";

export interface AppEnv {
  Bindings: Env;
  /** Read with `c.get`: each look at `c.var` copies them all. */
  Variables: {
    /** `x-request-id` of the answer and of the log. */
    requestId: string;
    binding: ReadBinding;
    /** Set once the request is authenticated. */
    client: Client;
    /** What the request has in hand; ends with the handler, see MemoryHold.until. Set where `client` is. */
    hold: MemoryHold;
    /** The host under which the router was called, without its port. */
    host: string;
  };
}

export type AppContext = Context<AppEnv>;

/** One endpoint: a method, a path (served with and without `/v1`, but `/admin` and `/metrics`) and what answers it. */
export interface Endpoint {
  readonly method: "DELETE" | "GET" | "PATCH" | "POST";
  readonly path: string;
  /**
   * `key`: a client key is needed. `admin`: `ROUTER_ADMIN_KEY`, without which there is nothing at the path. `either`: a client
   * key, or the admin's, who is told more. `open`: anyone may ask.
   */
  readonly access: "key" | "admin" | "either" | "open";
  readonly handle: (c: AppContext) => Response | Promise<Response>;
}
