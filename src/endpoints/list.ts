import { DIALECTS } from "../dialects/index.ts";

/** The public endpoints, as people read them: in `GET /` and in the answer to an unknown path. */
export const ENDPOINT_LIST: Readonly<Record<string, string>> = {
  ...Object.fromEntries(DIALECTS.map(({ path }) => [path.split("/")[1] ?? path, `POST /v1${path}`])),
  embeddings: "POST /v1/embeddings",
  rerank: "POST /v1/rerank",
  websocket: "GET /v1/chat/ws",
  route: "POST /v1/route",
  models: "GET /v1/models",
  usage: "GET /v1/usage",
  catalog: "GET /v1/catalog",
  health: "GET /health",
  routers: "GET /routers",
};
