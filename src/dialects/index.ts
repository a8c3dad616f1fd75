/** The APIs that clients speak. A new one is a folder and a line here. */
import type { Dialect } from "../chat/dialect.ts";
import { openaiChat } from "./openai-chat/index.ts";
import { openaiResponses } from "./openai-responses/index.ts";

/** Has endpoints of its own beside the one that all dialects have. */
export { openaiResponses } from "./openai-responses/index.ts";

/** What sockets speak, and what the router itself asks in. */
export { openaiChat } from "./openai-chat/index.ts";

/** What holds no conversation has no dialect, only a request and an answer. */
export { embeddingAnswer, embeddingRequest } from "./embeddings/client/index.ts";
export { rerankAnswer, rerankRequest } from "./rerank/client/index.ts";

/** In the order in which they are listed for people. */
export const DIALECTS: readonly Dialect[] = [openaiChat, openaiResponses];

/** The dialect that is served under a path, with or without `/v1` before it. */
export function dialectAt(path: string): Dialect | undefined {
  const plain = path.startsWith("/v1/") ? path.slice("/v1".length) : path;
  return DIALECTS.find((dialect) => dialect.path === plain);
}

/** How failures are told under a path: in the words of the dialect that is served there, elsewhere in OpenAI's. */
export function errorShape(path: string): Dialect["error"] {
  const plain = path.startsWith("/v1/") ? path.slice("/v1".length) : path;
  const under = DIALECTS.find((dialect) => `${plain}/`.startsWith(`${dialect.path}/`));
  return (under ?? openaiChat).error;
}
