import { DIALECTS, openaiResponses } from "../dialects/index.ts";
import type { Endpoint } from "../http/context.ts";
import { serve } from "../http/serve.ts";

/** One endpoint for each dialect: `POST /v1/chat/completions`, … */
export const answers: readonly Endpoint[] = DIALECTS.filter((dialect) => dialect !== openaiResponses).map(
  (dialect) => ({
    method: "POST",
    path: dialect.path,
    access: "key",
    handle: (c) => serve(c, dialect),
  }),
);
