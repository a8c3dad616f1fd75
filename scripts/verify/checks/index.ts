/** Every check, in the order they run. A new one is a file and a line here. */
import type { Check } from "../types.ts";
import { auth } from "./auth.ts";
import { cors } from "./cors.ts";
import { head } from "./head.ts";
import { embeddings } from "./embeddings.ts";
import { configured, health } from "./health.ts";
import { limits } from "./limits.ts";
import { messages } from "./messages.ts";
import { models } from "./models.ts";
import { providers } from "./providers.ts";
import { refusals } from "./refusals.ts";
import { rerank } from "./rerank.ts";
import { responses } from "./responses.ts";
import { route } from "./route.ts";
import { routers } from "./routers.ts";
import { session } from "./session.ts";
import { stream } from "./stream.ts";
import { sync } from "./sync.ts";
import { tools } from "./tools.ts";
import { unknownParameter } from "./unknown-parameter.ts";
import { websocket } from "./websocket.ts";

// `models` finds out whom to ask, `sync` who answers: the checks after them build on it.
export const CHECKS: readonly Check[] = [
  health,
  auth,
  configured,
  models,
  routers,
  route,
  head,
  cors,
  refusals,
  sync,
  stream,
  messages,
  responses,
  tools,
  providers,
  unknownParameter,
  websocket,
  session,
  embeddings,
  rerank,
  limits,
];
