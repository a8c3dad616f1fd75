/** The response object: what the request asked for, echoed with OpenAI's defaults, around the output. */
import type { Usage } from "../../../chat/delta.ts";
import type { AnswerIdentity } from "../../../chat/dialect.ts";
import { asObject, type JsonObject } from "../../../lib/json.ts";
import type { RouterError } from "../../../errors.ts";
import { responseErrorCode } from "../upstream/names.ts";

/** The members that are the same in every event of an answer; `status`, `error`, `output` and the like go between them. */
export interface ResponseFrame {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

/**
 * @param body The client's request, checked.
 * @param stored Whether the answer is kept.
 */
export function responseFrame(body: JsonObject, head: AnswerIdentity, stored: boolean): ResponseFrame {
  return {
    before: { id: `resp_${head.id}`, object: "response", created_at: head.created },
    after: {
      background: body.background ?? false,
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      max_tool_calls: body.max_tool_calls ?? null,
      model: head.model,
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      previous_response_id: body.previous_response_id ?? null,
      prompt_cache_key: body.prompt_cache_key ?? null,
      reasoning: { effort: null, summary: null, ...asObject(body.reasoning) },
      safety_identifier: body.safety_identifier ?? null,
      service_tier: body.service_tier ?? "default",
      store: stored,
      temperature: body.temperature ?? 1,
      text: { ...asObject(body.text), format: asObject(asObject(body.text)?.format) ?? { type: "text" } },
      tool_choice: body.tool_choice ?? "auto",
      tools: echoedTools(body.tools),
      top_logprobs: body.top_logprobs ?? 0,
      top_p: body.top_p ?? 1,
      truncation: body.truncation ?? "disabled",
      metadata: body.metadata ?? {},
      ...(typeof body.user === "string" && { user: body.user }),
    },
  };
}

/** The whole object. `usage` is left out until it is known: OpenAI's schema has no null there. */
export function responseObject(
  { before, after }: ResponseFrame,
  state: {
    readonly status: "in_progress" | "completed" | "incomplete" | "failed" | "queued" | "cancelled";
    readonly output: readonly JsonObject[];
    readonly error?: RouterError | undefined;
    readonly reason?: "max_output_tokens" | "content_filter" | undefined;
    readonly usage?: Usage | undefined;
  },
): JsonObject {
  const { status, output, error, reason, usage } = state;
  return {
    ...before,
    status,
    error: error ? { code: responseErrorCode(error), message: error.message } : null,
    incomplete_details: reason ? { reason } : null,
    ...after,
    output,
    ...(usage && { usage: responseUsage(usage) }),
  };
}

/** OpenAI's counting: what was read from a cache is part of the input. */
function responseUsage(usage: Usage): JsonObject {
  const { promptTokens, completionTokens } = usage;
  return {
    input_tokens: promptTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: promptTokens + completionTokens,
  };
}

/** OpenAI's schema of a function tool wants every field, and knows no tools that only some client has. */
function echoedTools(tools: unknown): JsonObject[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown) => {
    const { type, ...rest } = asObject(tool) ?? {};
    if (type === "function") return [{ type, strict: false, parameters: null, ...withoutNulls(rest) }];
    return type === "custom" ? [{ type, ...rest }] : [];
  });
}

function withoutNulls(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}
