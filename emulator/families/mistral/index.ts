/** Mistral: prompts for the older models, chat completions for the others. */
import { compose } from "../../answer/compose.ts";
import { tokensIn } from "../../answer/conversation.ts";
import { asString, type JsonObject } from "../../json.ts";
import { questionIn as chatQuestionIn, readConversation } from "../../openai/read.ts";
import { promptTokensIn } from "../../openai/shape.ts";
import type { EmulatedFamily, Reply } from "../family.ts";
import { modelName } from "../model-ids.ts";
import { questionIn, readPrompt } from "../prompt/conversation.ts";
import { mistralTemplate, parsePrompt } from "../prompt/templates.ts";
import { rulesOf } from "./models.ts";
import { choicesOf, outputsOf } from "./shape.ts";
import { validateMistral } from "./validate.ts";

/** A reply to a prompt looks otherwise than one to messages. */
interface MistralReply extends Reply {
  readonly prompted: boolean;
}

function respond(body: JsonObject, modelId: string): MistralReply {
  if ("prompt" in body) {
    const prompt = asString(body.prompt);
    const answer = compose(readPrompt(parsePrompt(prompt, mistralTemplate), body, body.max_tokens));
    const output = answer.outputTokens;
    return {
      answer,
      usage: { input: tokensIn(prompt.length), output, billedOutput: output },
      modelId,
      prompted: true,
    };
  }
  const choice = body.tool_choice === "any" ? "required" : body.tool_choice;
  const answer = compose({
    ...readConversation({ ...body, tool_choice: choice }),
    thinking: rulesOf(modelId).thinks ? "shown" : "off",
  });
  const output = answer.outputTokens;
  return {
    answer,
    usage: { input: promptTokensIn(body), output, billedOutput: output },
    modelId,
    prompted: false,
  };
}

export const mistral: EmulatedFamily = {
  name: "mistral",
  matches(modelId, body) {
    const name = modelName(modelId);
    return name === undefined
      ? asString(body.prompt).startsWith("<s>[INST]")
      : name.id.startsWith("mistral.");
  },
  question: (body) =>
    "prompt" in body ? questionIn(mistralTemplate(asString(body.prompt))) : chatQuestionIn(body),
  validate: (body, modelId) => validateMistral(body, rulesOf(modelId)),
  respond,
  shape: (reply, streaming) =>
    "prompted" in reply && reply.prompted === true
      ? outputsOf(reply, streaming)
      : choicesOf(reply, rulesOf(reply.modelId), streaming),
};
