/** Every endpoint. A new one is a file and a line here. */
import type { Endpoint } from "../http/context.ts";
import { keys } from "./admin/keys.ts";
import { metrics } from "./admin/metrics.ts";
import { requests } from "./admin/requests.ts";
import { adminUsage } from "./admin/usage.ts";
import { writtenKeys } from "./admin/written-keys.ts";
import { answers } from "./answers.ts";
import { catalog, native } from "./catalog.ts";
import { embeddings } from "./embeddings.ts";
import { countTokens } from "./count-tokens.ts";
import { health } from "./health.ts";
import { hello } from "./hello.ts";
import * as identity from "./identity.ts";
import { adminModels, model, models } from "./models.ts";
import { rerank } from "./rerank.ts";
import * as responses from "./responses/index.ts";
import { root } from "./root.ts";
import { route } from "./route.ts";
import { routers } from "./routers.ts";
import { usage } from "./usage.ts";
import { ws } from "./ws.ts";

export const ENDPOINTS: readonly Endpoint[] = [
  ...answers,
  countTokens,
  ...responses.endpoints,
  embeddings,
  rerank,
  ws,
  route,
  models,
  model,
  health,
  hello,
  ...identity.endpoints,
  routers,
  root,
  catalog,
  native,
  usage,
  ...keys,
  writtenKeys,
  ...requests,
  adminUsage,
  adminModels,
  metrics,
];
