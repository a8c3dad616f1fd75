import { configOf } from "../services.ts";
import type { Endpoint } from "../http/context.ts";
import { STRATEGIES } from "../routing/strategies/index.ts";

/** `GET /routers`: the strategies, and the one that is configured. */
export const routers: Endpoint = {
  method: "GET",
  path: "/routers",
  access: "key",
  handle: (c) =>
    c.json({
      available_routers: STRATEGIES.map((strategy) => strategy.name),
      routers: STRATEGIES.map(({ name, description }) => ({ name, description })),
      current: configOf(c.env).router.strategy,
    }),
};
