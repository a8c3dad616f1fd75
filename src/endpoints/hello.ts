import type { Endpoint } from "../http/context.ts";

/** `HEAD /api/hello`: Claude Code warms its connection with it. */
export const hello: Endpoint = {
  method: "GET",
  path: "/api/hello",
  access: "open",
  handle: (c) => c.json({ message: "hello" }),
};
