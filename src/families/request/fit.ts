/**
 * A request within what a model takes, for APIs that carry it nearly as it is: chat completions and Responses. What is left out is
 * told; a stop sequence that the API or the model does not know is the router's to watch for.
 */
import { droppedNames, type Loss } from "../../chat/parameters.ts";
import type { Refused } from "../../chat/refusable.ts";
import type { ChatMessage, ChatRequest, Concept } from "../../chat/request.ts";
import type { ChatModel } from "../models/facts.ts";
import { chatWithout } from "../models/refused.ts";
import type { ModelRow } from "../models/row.ts";
import { promptedAnswer } from "./json-answer.ts";
import { unsupportedParameter } from "./refusals.ts";
import { nearestEffort, sampling, stopSequences } from "./settings.ts";

/** Fields that are written anew in a body that goes on as the client wrote it; undefined takes one out. */
export type FieldEdits = ReadonlyMap<Concept, unknown>;

export interface Fitted {
  readonly request: ChatRequest;
  readonly edits: FieldEdits;
  /** The client's own body cannot go on, whatever its dialect: it would need more than edits of fields. */
  readonly rewritten: boolean;
  /** Stop sequences at which the answer is cut here. */
  readonly stops: readonly string[];
  /** In the client's words. */
  readonly dropped: readonly string[];
}

export interface FitRules {
  readonly row: Pick<ModelRow, "tiers">;
  readonly model: ChatModel;
  readonly refused: Refused;
  /** The API has a field for stop sequences. */
  readonly takesStops: boolean;
  /** The configured service tier. */
  readonly tier: string | undefined;
}

/** @throws RouterError `unsupported_parameter` for what the request cannot do without. */
export function fitted(request: ChatRequest, rules: FitRules): Fitted {
  const model = chatWithout(rules.model, rules.refused);
  checkForced(request, rules.refused);
  const sampled = sampling(request, { ...model, takes: model.sampling });
  const stop = fittedStops(request, model, rules);
  const effort = fittedEffort(request, model);
  const tier = fittedTier(request, rules);
  const penalties = fittedPenalties(request, model);
  const form = fittedForm(request, rules.refused);
  const lost: Loss[] = [sampled, effort, tier, penalties, form].flatMap(({ dropped }) => dropped);
  const changed = new Map<Concept, unknown>([
    ...differing("temperature", request.temperature, sampled.temperature),
    ...differing("top_p", request.topP, sampled.topP),
    ...differing("reasoning", request.reasoningEffort, effort.effort),
    ...differing("service_tier", request.serviceTier, tier.tier),
    ...(stop.own.length > 0 ? [["stop", undefined] as const] : []),
    ...penalties.dropped.map((concept) => [concept, undefined] as const),
  ]);
  const { temperature: _t, topP: _p, reasoningEffort: _e, serviceTier: _s, ...rest } = form.request;
  const { frequencyPenalty: _f, presencePenalty: _r, ...unpunished } = rest;
  return {
    request: {
      ...(penalties.dropped.length > 0 ? unpunished : rest),
      stop: stop.sent,
      ...(sampled.temperature !== undefined && { temperature: sampled.temperature }),
      ...(sampled.topP !== undefined && { topP: sampled.topP }),
      ...(effort.effort !== undefined && { reasoningEffort: effort.effort }),
      ...(tier.tier !== undefined && { serviceTier: tier.tier }),
    },
    edits: changed,
    rewritten: form.rewritten,
    stops: stop.own,
    dropped: droppedNames(request, [], lost),
  };
}

function differing(concept: Concept, before: unknown, after: unknown): (readonly [Concept, unknown])[] {
  return before === after ? [] : [[concept, after]];
}

/** A choice that a model has refused has no other way. */
function checkForced({ toolChoice }: ChatRequest, refused: Refused): void {
  if (!refused.has("forced") || toolChoice === undefined) return;
  const forces = toolChoice.type === "allowed_tools" ? toolChoice.mode === "required" : true;
  if (toolChoice.type === "none" || toolChoice.type === "auto" || !forces) return;
  throw unsupportedParameter(
    toolChoice.param,
    "This model cannot be made to call a tool. Use another model.",
  );
}

function fittedStops(request: ChatRequest, { maxStops }: ChatModel, { takesStops, refused }: FitRules) {
  const all = stopSequences(request);
  const taken = takesStops && !refused.has("stop") && all.length <= (maxStops ?? all.length);
  return taken ? { sent: all, own: [] } : { sent: [], own: all };
}

function fittedEffort({ reasoningEffort, thinking }: ChatRequest, { efforts, reasoning }: ChatModel) {
  const wanted = thinking?.mode === "disabled" ? "none" : reasoningEffort;
  if (wanted === undefined || (wanted === "none" && !reasoning)) return { effort: undefined, dropped: [] };
  return nearestEffort(wanted, efforts);
}

function fittedTier({ serviceTier: asked }: ChatRequest, { row, refused, tier }: FitRules) {
  const wanted = asked === undefined || /^(?:auto|default|standard_only)$/.test(asked) ? tier : asked;
  const has = row.tiers !== "none" && !refused.has("tier");
  const dropped: readonly Loss[] = wanted === asked && asked !== undefined && !has ? ["service_tier"] : [];
  return { tier: has ? wanted : undefined, dropped };
}

/** A model that cannot be told how to choose its words takes no penalties either. */
function fittedPenalties({ frequencyPenalty, presencePenalty }: ChatRequest, { sampling: taken }: ChatModel) {
  const all = [
    ["frequency_penalty", frequencyPenalty],
    ["presence_penalty", presencePenalty],
  ] as const;
  const set = all.flatMap(([concept, value]) => (value === undefined || value === 0 ? [] : [concept]));
  return { dropped: taken === "none" ? set : [] };
}

/** What a model has refused of tools and of the answer's form, done another way. */
function fittedForm(request: ChatRequest, refused: Refused) {
  const loose = refused.has("strict") && request.tools.some(({ strict }) => strict);
  const tools = loose ? request.tools.map((tool) => ({ ...tool, strict: false })) : request.tools;
  const dropped: Loss[] = loose ? ["strict"] : [];
  const rewritten = loose || refused.has("cache");
  if (request.responseFormat.type === "text" || !refused.has("format")) {
    return { request: { ...request, tools }, rewritten, dropped };
  }
  const asked = promptedAnswer(request);
  const text = { type: "text", text: asked.instruction, param: "response_format" } as const;
  const instruction: ChatMessage = { role: "system", content: [text] };
  return {
    request: {
      ...request,
      tools,
      messages: [instruction, ...request.messages],
      responseFormat: { type: "text" } as const,
    },
    rewritten: true,
    dropped: [...dropped, ...asked.dropped],
  };
}
