/** What is to be done with a Messages body, decided from what it says before a byte of it is written. */
import type { Refused } from "../../../chat/refusable.ts";
import type { ChatRequest } from "../../../chat/request.ts";
import { asObject, asText, isObject, type JsonObject } from "../../../lib/json.ts";
import type { ClaudeModel } from "../../models/facts.ts";
import {
  knownBetas,
  MESSAGE_OUTPUT,
  ownBetas,
  sentBetas,
  THINKING_UPDATES,
  TOOL_CHANGES,
  TOOL_SEARCH,
} from "./betas.ts";
import { type ContextPlan, planContext } from "./context.ts";
import { type ConversationRules, isUnfounded } from "./conversation.ts";
import { type Carrier, isMarkable, type MarkPlan, planMarks } from "./marks.ts";
import { editThinking, type ThinkingEdit } from "./thinking.ts";
import { defersTools, type KeptTool, keptTools, type ToolRules, typedTools } from "./tools.ts";

/**
 * Which API takes the body: InvokeModel, which has model and stream in its path; Bedrock's own Messages endpoints, which know no more
 * than InvokeModel; or Anthropic's API, which knows all that its clients say.
 */
export type BodySurface = "invoke" | "messages" | "anthropic";

export interface BodyOptions {
  readonly surface: BodySurface;
  /** The model's id, where the body names it. */
  readonly modelId: string;
  /** Output tokens to ask for, within the model's limit. */
  readonly maxTokens: number;
  /** `cache` of the target. */
  readonly cache: "auto" | "off" | undefined;
  readonly refused?: Refused | undefined;
}

export interface BodyPlan {
  readonly body: JsonObject;
  readonly surface: BodySurface;
  readonly modelId: string;
  readonly messages: readonly unknown[];
  readonly model: ClaudeModel;
  readonly maxTokens: number;
  readonly toolRules: ToolRules;
  readonly tools: readonly KeptTool[];
  /** Names of tools, and of what they ask for, that are left out. */
  readonly lostTools: readonly string[];
  readonly thinking: ThinkingEdit;
  /** The model thinks because it is told to: then it takes no other sampling than its own. */
  readonly thinksOnDemand: boolean;
  readonly context: ContextPlan;
  readonly marks: MarkPlan;
  readonly rules: ConversationRules;
  readonly betas: readonly string[];
}

/** @throws RouterError with `param` for what Bedrock has no place for and the request cannot do without. */
export function planBody(request: ChatRequest, model: ClaudeModel, options: BodyOptions): BodyPlan {
  const { body, betas: asked = [] } = request.source;
  const messages: readonly unknown[] = Array.isArray(body.messages) ? body.messages : [];
  const own = options.surface === "anthropic";
  const known = own ? ownBetas(asked) : knownBetas(asked);
  const deferred = own || (known.has(TOOL_SEARCH) && defersTools(body.tools, messages));
  const toolRules = { strictTools: own || model.strictTools, deferred, all: own };
  const { kept, dropped } = keptTools(body.tools, toolRules);
  const thinking = editThinking(body, model, {
    ...thinkingFacts(body, messages, options),
    // Only models that leave their thinking out tell how it goes on.
    updates: known.has(THINKING_UPDATES) && model.hidesThinking,
  });
  const context = planContext(body.context_management, known, thinking.thinks);
  const marks = own
    ? NO_MARKS
    : planMarks(carriersOf(body, kept, messages), body.cache_control, markRules(model, options));
  const rules: ConversationRules = {
    ofAnthropic: own,
    forgetsThinking: options.refused?.has("thinking") ?? false,
    systemMidway: model.systemMidway,
    toolChanges: model.systemMidway && known.has(TOOL_CHANGES),
    messageOutput: model.systemMidway && known.has(MESSAGE_OUTPUT),
    toolReferences: deferred,
    marks: marks.edits,
    fetched: fetchedMedia(request),
  };
  const needs = {
    deferredTools: deferred,
    contextEdits: context.field !== undefined,
    compaction: context.compaction,
    effort: thinking.effort !== undefined,
    messageOutput: rules.messageOutput && messages.some(hasOutputConfig),
    toolChanges: rules.toolChanges && messages.some(changesTools),
    updates: thinking.thinking?.display === "updates",
    typedTools: typedTools(kept),
  };
  return {
    ...{ body, messages, model, toolRules, thinking, context, marks, rules },
    ...options,
    betas: own ? [...known] : sentBetas(known, needs),
    tools: kept,
    lostTools: dropped,
    thinksOnDemand: thinking.thinking !== undefined && thinking.thinks,
  };
}

const NO_MARKS: MarkPlan = { edits: new Map(), lost: false };

function thinkingFacts(body: JsonObject, messages: readonly unknown[], { maxTokens }: BodyOptions) {
  const choice = asObject(body.tool_choice)?.type;
  return {
    maxTokens,
    forcedTool: choice === "any" || choice === "tool",
    unfounded: isUnfounded(messages),
  };
}

function markRules(model: ClaudeModel, { cache }: BodyOptions) {
  const caching = model.caching && cache !== "off";
  return { caching, hourCache: model.hourCache, automatic: caching && cache === "auto" };
}

/** Everything that may carry a cache mark, in the order in which Claude reads it. */
function carriersOf(body: JsonObject, tools: readonly KeptTool[], messages: readonly unknown[]): Carrier[] {
  return [
    ...tools.map(
      ({ tool }): Carrier => ({ place: "tools", of: tool, mark: tool.cache_control, markable: true }),
    ),
    ...contentCarriers(body, body.system, "system"),
    ...messages.flatMap((message) => {
      const own = asObject(message);
      return own === undefined ? [] : contentCarriers(own, own.content, "messages");
    }),
  ];
}

function contentCarriers(holder: JsonObject, content: unknown, place: Carrier["place"]): Carrier[] {
  if (typeof content === "string") {
    return [{ place, of: holder, mark: undefined, markable: content.trim() !== "" }];
  }
  const blocks = Array.isArray(content) ? content.filter(isObject) : [];
  return blocks.flatMap((block) => [
    ...(block.type === "tool_result" && Array.isArray(block.content)
      ? // A mark may stand inside a result; the router itself marks the result as a whole.
        block.content.filter(isObject).map((inner) => carrier(place, inner, false))
      : []),
    carrier(place, block, isMarkable(block)),
  ]);
}

function carrier(place: Carrier["place"], of: JsonObject, markable: boolean): Carrier {
  return { place, of, mark: of.cache_control ?? undefined, markable };
}

/** What the provider has fetched of the links in a request, by the path of its block. */
function fetchedMedia({ messages }: ChatRequest): ReadonlyMap<string, string> {
  const media = new Map<string, string>();
  for (const { content } of messages) {
    for (const part of content) {
      if (part.type === "image_url" && part.url.startsWith("data:")) media.set(part.param, part.url);
      else if (part.type === "file" && part.data?.startsWith("data:")) media.set(part.param, part.data);
    }
  }
  return media;
}

function hasOutputConfig(message: unknown): boolean {
  return asObject(message)?.output_config !== undefined;
}

function changesTools(message: unknown): boolean {
  const content = asObject(message)?.content;
  return (
    Array.isArray(content) &&
    content.some((block: unknown) => /^tool_(?:addition|removal)$/.test(asText(asObject(block)?.type)))
  );
}
