import type { Endpoint } from "../http/context.ts";
import { ENDPOINT_LIST } from "./list.ts";

/** A page, served as a static asset beside the Worker: see pages/. */
const PLAYGROUND = "GET /playground";

/** `GET /`: what this is and where to go. Says nothing of the configuration, so it needs no key. */
export const root: Endpoint = {
  method: "GET",
  path: "/",
  access: "open",
  handle: (c) =>
    c.json({ name: "OpenClaw Edge Router", endpoints: { ...ENDPOINT_LIST, playground: PLAYGROUND } }),
};
