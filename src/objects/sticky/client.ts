/** The binding `STICKY`: one Durable Object for each session that has moved. */
import type { Env } from "../../env.ts";
import type { Seat, SessionStore } from "../../routing/session/seat.ts";
import { isNamespace } from "../namespace.ts";

/** What is used of the Durable Object. */
interface Moved {
  find(): Promise<Seat | undefined>;
  keep(seat: Seat): Promise<void>;
}

/** Undefined when wrangler.toml does not bind it: isolates then remember for themselves. */
export function sessionStore(env: Env): SessionStore | undefined {
  const namespace = env.STICKY;
  if (!isNamespace<Moved>(namespace)) return undefined;
  const object = (key: string) => namespace.get(namespace.idFromName(key));
  return {
    find: async (key) => object(key).find(),
    keep: async (key, seat) => object(key).keep(seat),
  };
}
