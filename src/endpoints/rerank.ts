import { rerankAnswer, rerankRequest } from "../dialects/index.ts";
import type { Endpoint } from "../http/context.ts";
import { serveTask } from "../http/tasks.ts";
import { rerank as ranked } from "../routing/rerank.ts";

/** `POST /v1/rerank`: Cohere's and Jina's form, whichever model orders the documents. */
export const rerank: Endpoint = {
  method: "POST",
  path: "/rerank",
  access: "key",
  handle: (c) =>
    serveTask(c, {
      api: "rerank",
      parse(body) {
        const exchange = rerankRequest(body);
        return { exchange, model: exchange.request.model };
      },
      answer: ({ exchange }, context) => ranked(exchange.request, context),
      respond(context, { exchange }, { route, results, usage }, headers) {
        const id = crypto.randomUUID().replaceAll("-", "");
        return context.json(
          rerankAnswer({ id, model: route.target.name, results, usage }, exchange),
          200,
          headers,
        );
      },
    }),
};
