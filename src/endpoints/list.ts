/** The public endpoints, as people read them: in `GET /` and in the answer to an unknown path. */
export const ENDPOINT_LIST: Readonly<Record<string, string>> = {
  chat: "POST /v1/chat/completions",
  websocket: "GET /v1/chat/ws",
  route: "POST /v1/route",
  models: "GET /v1/models",
  health: "GET /health",
  routers: "GET /routers",
};
