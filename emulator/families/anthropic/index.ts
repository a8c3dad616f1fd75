/** Anthropic Claude: the Messages API on Bedrock. */
import { compose } from "../../answer/compose.ts";
import type { EmulatedFamily } from "../family.ts";
import { turnsOf } from "./blocks.ts";
import { isOpaque, namesClaude, resolveModel } from "./models.ts";
import { questionIn, readConversation } from "./read.ts";
import { streamEvents, wholeMessage } from "./shape.ts";
import { bindingOf } from "./signature.ts";
import { usageOf } from "./usage.ts";
import { validateClaude } from "./validate.ts";

export const anthropic: EmulatedFamily = {
  name: "anthropic",
  matches: (modelId, body) => namesClaude(modelId) || (isOpaque(modelId) && "anthropic_version" in body),
  question: questionIn,
  validate: (body, modelId) => validateClaude(body, resolveModel(modelId)),
  respond(body, modelId, site) {
    const model = resolveModel(modelId);
    const conversation = readConversation(body, model);
    const answer = compose(conversation);
    const binding = model.bound ? { binding: bindingOf(body, turnsOf(body)) } : {};
    return { answer, usage: usageOf(body, model, answer, site), modelId, ...binding };
  },
  shape(reply, streaming) {
    const model = resolveModel(reply.modelId);
    return streaming ? streamEvents(reply, model) : [wholeMessage(reply, model)];
  },
};
