/** Claude, and what speaks like it, behind the Messages API itself: Anthropic's, or Bedrock's copies of it. */
import type { FamilyCall } from "../family.ts";
import type { ModelFacts } from "../../contracts.ts";
import type { Refused } from "../../chat/refusable.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { jsonText, wellFormedJson } from "../../lib/exact-json.ts";
import type { ClaudeModel } from "../models/facts.ts";
import { claudeModel, modelFacts } from "../models/index.ts";
import { claudeWithout, NONE_REFUSED } from "../models/refused.ts";
import { outputTokens } from "../request/settings.ts";
import { familyCall } from "../answer/decoder.ts";
import { READING, writtenCall } from "./index.ts";
import { freeBetas } from "./messages/betas.ts";
import { editBody, isEditable } from "./messages/body.ts";
import type { BodySurface } from "./messages/plan.ts";

/** A request for the Messages API, and how its answer is read. */
export interface MessagesCall extends Pick<FamilyCall, "dropped" | "stream" | "whole"> {
  /** The body, as JSON. */
  readonly text: string;
  /** For `anthropic-beta`. */
  readonly betas: readonly string[];
  /** The body is the client's own, and so may the answer be handed on. */
  readonly edited: boolean;
}

export interface MessagesTarget {
  /** The model's id at the API: `claude-sonnet-4-5-20250929`, or one of Bedrock's. */
  readonly id: string;
  /** Anthropic's API unless given. */
  readonly surface?: Exclude<BodySurface, "invoke">;
  readonly cache?: "auto" | "off" | undefined;
  readonly refused?: Refused | undefined;
}

/** @throws RouterError with `param` for what the model cannot do. */
export function messagesCall(
  request: ChatRequest,
  { id, surface = "anthropic", cache, refused = NONE_REFUSED }: MessagesTarget,
): MessagesCall {
  const model = claudeWithout(modelOf(id), refused);
  if (isEditable(request, model, { surface, refused })) {
    const { tokens: maxTokens } = outputTokens(request, model.maxOutput);
    const { text, dropped, betas } = editBody(request, model, {
      ...{ surface, modelId: id, maxTokens, cache, refused },
    });
    const { stream, whole } = familyCall(
      { operation: "invoke-with-response-stream", body: {}, dropped },
      READING,
    );
    return { text: wellFormedJson(text), betas, dropped, edited: true, stream, whole };
  }
  const { body, dropped, stream, whole } = writtenCall({ ...request, stream: true }, model, {
    cache,
    refused,
  });
  const { anthropic_version: _version, anthropic_beta: _betas, ...members } = body;
  const text = jsonText({ model: id, ...members, ...(request.stream && { stream: true }) });
  return { text, betas: freeBetas(request.source), dropped, edited: false, stream, whole };
}

/** What is known of a model by its id at the API. */
export function messagesFacts(id: string): ModelFacts {
  return modelFacts(modelOf(id));
}

function modelOf(id: string): ClaudeModel {
  return claudeModel(id.startsWith("claude") ? `anthropic.${id}` : id);
}
