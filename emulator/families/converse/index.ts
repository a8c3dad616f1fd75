/** Any model through Converse and ConverseStream. */
import { compose } from "../../answer/compose.ts";
import { tokensIn } from "../../answer/conversation.ts";
import type { JsonObject } from "../../json.ts";
import { resolveModel } from "../anthropic/models.ts";
import { usageOf } from "../anthropic/usage.ts";
import type { EmulatedFamily, TokenUsage } from "../family.ts";
import { toClaude } from "./claude.ts";
import { isClaude } from "./models.ts";
import { questionIn, readConversation } from "./read.ts";
import { streamEvents, wholeBody } from "./shape.ts";
import { validateConverse } from "./validate.ts";

// What is charged for an image or a document; its bytes say little about it.
const TOKENS_PER_FILE = 1500;

/** The operation `converse`, or `converse-stream`. */
export function converse(streaming: boolean): EmulatedFamily {
  return {
    name: "converse",
    matches: () => true,
    question: questionIn,
    validate: (body, modelId) => validateConverse(body, modelId, streaming),
    respond(body, modelId, site) {
      const answer = compose(readConversation(body));
      const output = answer.outputTokens;
      const usage: TokenUsage = isClaude(modelId)
        ? usageOf(toClaude(body), resolveModel(modelId), answer, site)
        : { input: promptTokens(body), output, billedOutput: output };
      return { answer, usage, modelId };
    },
    shape: (reply) => (streaming ? streamEvents(reply) : [wholeBody(reply)]),
  };
}

function promptTokens(body: JsonObject): number {
  let files = 0;
  const json = JSON.stringify([body.system, body.messages, body.toolConfig], (key, value: unknown) => {
    if (key !== "bytes") return value;
    files += 1;
    return undefined;
  });
  return tokensIn(json.length) + files * TOKENS_PER_FILE;
}
