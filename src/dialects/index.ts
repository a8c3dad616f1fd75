/** The APIs that clients speak. A new one is a folder and a line here. */
import type { Dialect } from "../chat/dialect.ts";
import { anthropicMessages } from "./anthropic-messages/client/index.ts";
import { openaiChat } from "./openai-chat/index.ts";
import { openaiResponses } from "./openai-responses/index.ts";

/** Has endpoints of its own beside the one that all dialects have. */
export { openaiResponses } from "./openai-responses/index.ts";

/** What sockets speak, and what the router itself asks in. */
export { openaiChat } from "./openai-chat/index.ts";

/** What holds no conversation has no dialect, only a request and an answer. */
export { embeddingAnswer, embeddingRequest } from "./embeddings/client/index.ts";
export { rerankAnswer, rerankRequest } from "./rerank/client/index.ts";
export { anthropicMessages } from "./anthropic-messages/client/index.ts";
export { parseMessages } from "./anthropic-messages/client/parse.ts";

/** In the order in which they are listed for people. */
export const DIALECTS: readonly Dialect[] = [openaiChat, openaiResponses, anthropicMessages];

/** Before the path of a dialect, where the catalogue gives each provider an address of its own. */
const NATIVE = /^\/v1\/native\/[^/]+/;

/**
 * The dialect of a request: the one whose path it came to, or a path below that, with or without `/v1`; elsewhere the one whose
 * clients' header it has. OpenAI's words are for everybody else.
 */
export function dialectOf(path: string, headers: Headers): Dialect {
  const own = path.replace(NATIVE, "");
  const plain = own.startsWith("/v1/") ? own.slice("/v1".length) : own;
  const under = DIALECTS.find((dialect) => `${plain}/`.startsWith(`${dialect.path}/`));
  const marked = ({ mark }: Dialect): boolean => mark !== undefined && headers.has(mark);
  return under ?? DIALECTS.find(marked) ?? openaiChat;
}
