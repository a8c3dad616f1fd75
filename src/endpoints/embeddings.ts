import { embeddingAnswer, embeddingRequest } from "../dialects/index.ts";
import type { Endpoint } from "../http/context.ts";
import { jsonInPieces } from "../http/pieces.ts";
import { serveTask } from "../http/tasks.ts";
import { embed } from "../routing/embed.ts";

/** `POST /v1/embeddings`: OpenAI's form, whichever model makes the vectors. */
export const embeddings: Endpoint = {
  method: "POST",
  path: "/embeddings",
  access: "key",
  handle: (c) =>
    serveTask(c, {
      api: "embeddings",
      parse: embeddingRequest,
      answer: embed,
      respond: (context, _asked, { route, vectors, usage }, headers) =>
        jsonInPieces(context, embeddingAnswer({ model: route.target.name, vectors, usage }), headers),
    }),
};
