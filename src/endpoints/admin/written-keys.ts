import { EACH, limitsBody, ROUTER } from "../../config/limits-body.ts";
import { clientKeys } from "../../http/client-keys.ts";
import type { Endpoint } from "../../http/context.ts";
import { configOf } from "../../services.ts";

/**
 * `GET /admin/written-keys`: the keys of `ROUTER_API_KEYS` by their names, what the configuration limits them to, and the limits of every
 * key without its own (`*`) and of all together (`**`). They are changed where they are written.
 */
export const writtenKeys: Endpoint = {
  method: "GET",
  path: "/admin/written-keys",
  access: "admin",
  async handle(c) {
    const written = await clientKeys(c.get("binding"));
    const { keys } = configOf(c.env);
    const names = [...new Set(written.keys.map(({ name }) => name))];
    const general = [
      [EACH, keys.each],
      [ROUTER, keys.router],
    ] as const;
    const data = [
      ...names.map((name) => ({ name, limits: keys.named.get(name) ?? keys.each ?? {} })),
      ...general.flatMap(([name, limits]) => (limits ? [{ name, limits }] : [])),
    ];
    return c.json({
      object: "list",
      data: data.map(({ name, limits }) => ({ object: "written_key", name, ...limitsBody(limits) })),
    });
  },
};
