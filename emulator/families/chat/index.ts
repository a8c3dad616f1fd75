/** The families whose body is OpenAI's chat completion: open-weight models, AI21's Jamba, Writer's Palmyra, imported models. */
import { compose } from "../../answer/compose.ts";
import type { JsonObject } from "../../json.ts";
import { questionIn, readConversation } from "../../openai/read.ts";
import { promptTokensIn } from "../../openai/shape.ts";
import type { EmulatedFamily } from "../family.ts";
import { isImported, namedModel, rulesOf } from "./models.ts";
import { chunksOf, wholeCompletion } from "./shape.ts";
import { validateChat } from "./validate.ts";

const OPEN_WEIGHTS =
  /^(?:us\.|eu\.|global\.)?(?:openai\.gpt-oss|qwen\.|moonshot(?:ai)?\.|minimax\.|zai\.|google\.gemma|nvidia\.|deepseek\.v)/;

function chatFamily(name: string, matches: EmulatedFamily["matches"]): EmulatedFamily {
  return {
    name,
    matches,
    question: questionIn,
    validate: (body, modelId) => validateChat(body, rulesOf(modelId)),
    respond(body, modelId) {
      const rules = rulesOf(modelId);
      const limit = body[rules.limitField];
      const answer = compose({
        ...readConversation(body),
        thinking: rules.reasoning === "none" ? "off" : "shown",
        maxTokens: typeof limit === "number" ? limit : rules.defaultTokens,
      });
      const { outputTokens } = answer;
      const usage = { input: promptTokensIn(body), output: outputTokens, billedOutput: outputTokens };
      return { answer, usage, modelId };
    },
    shape(reply, streaming) {
      const rules = rulesOf(reply.modelId);
      return streaming ? chunksOf(reply, rules) : [wholeCompletion(reply, rules)];
    },
  };
}

const hasMessages = (body: JsonObject): boolean => "messages" in body && !("anthropic_version" in body);

export const openai = chatFamily(
  "openai",
  (modelId, body) => OPEN_WEIGHTS.test(namedModel(modelId)) || (isImported(modelId) && hasMessages(body)),
);
export const jamba = chatFamily("jamba", (modelId) => /^(?:us\.)?ai21\.jamba/.test(namedModel(modelId)));
export const writer = chatFamily("writer", (modelId) => /^(?:us\.)?writer\./.test(namedModel(modelId)));
