/** `/admin/requests`: the last exchanges of a key, and those that nobody has settled. */
import { RouterError } from "../../errors.ts";
import type { AppContext, Endpoint } from "../../http/context.ts";
import type { KeptLines } from "../../objects/key/account-object.ts";
import { keyLines, releaseUnsettled } from "../../objects/key/client.ts";
import { keyNameOf, limitOf, wholeNumber, wrong } from "./query.ts";

const PATH = "/admin/requests";

export const requests: readonly Endpoint[] = [
  {
    method: "GET",
    path: PATH,
    access: "admin",
    async handle(c) {
      const most = limitOf(c);
      const before = wholeNumber(c, "before", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
      const found = await keyLines(c.env, keyOf(c), before, most + 1);
      const data = found.slice(0, most).map(shown);
      const last = found[data.length - 1]?.number ?? null;
      return c.json({ object: "list", data, has_more: found.length > most, last_id: last });
    },
  },
  {
    method: "POST",
    path: `${PATH}/:id/release`,
    access: "admin",
    async handle(c) {
      const id = c.req.param("id") ?? "";
      if (await releaseUnsettled(c.env, keyOf(c), id))
        return c.json({ object: "request", id, released: true });
      throw new RouterError("not_found", "Nothing of this id was booked unsettled within the last day.", {
        param: "id",
      });
    },
  },
];

function keyOf(c: AppContext): string {
  const key = keyNameOf(c);
  if (key !== undefined) return key;
  throw wrong("key", "expected the name of the key whose requests are asked for.");
}

function shown({ number, id, line: { at, ...line } }: KeptLines[number]) {
  return { object: "request", number, id, started_at: new Date(at).toISOString(), ...line };
}
