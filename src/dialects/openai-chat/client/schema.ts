/**
 * The shape of a chat completion request as OpenAI's API reference gives it, checked once at the edge. Unknown fields
 * pass: an OpenAI-compatible upstream may know them. https://platform.openai.com/docs/api-reference/chat/create
 */
import { isInt64 } from "../../../lib/exact-json.ts";
import {
  boolean,
  either,
  filledText,
  integer,
  json,
  list,
  number,
  object,
  type Of,
  optional,
  record,
  shape,
  text,
  word,
} from "../../shape.ts";

const cacheControl = optional(object({ type: word("ephemeral"), ttl: optional(word("5m", "1h")) }));

const part = object({
  type: text,
  text: optional(text),
  refusal: optional(text),
  image_url: optional(either(object({ url: text }), text)),
  file: optional(
    object({
      file_data: optional(text),
      file_id: optional(text),
      filename: optional(text),
    }),
  ),
  cache_control: cacheControl,
});

const calledFunction = object({ name: text, arguments: optional(text) });

const message = object({
  role: word("system", "developer", "user", "assistant", "tool", "function"),
  content: optional(either(text, list(part))),
  refusal: optional(text),
  tool_calls: optional(list(object({ id: text, type: optional(text), function: optional(calledFunction) }))),
  tool_call_id: optional(text),
  function_call: optional(calledFunction),
  name: optional(text),
});

const functionDefinition = object({
  name: filledText,
  description: optional(text),
  parameters: optional(json),
  strict: optional(boolean),
});

const tool = object({
  type: text,
  function: optional(functionDefinition),
  cache_control: cacheControl,
});

const toolChoice = either(
  object({
    type: text,
    function: optional(object({ name: text })),
    allowed_tools: optional(
      object({
        mode: word("auto", "required"),
        tools: list(object({ type: text })),
      }),
    ),
  }),
  word("none", "auto", "required"),
);

const responseFormat = object({
  type: word("text", "json_object", "json_schema"),
  json_schema: optional(
    object({
      name: text,
      description: optional(text),
      schema: optional(json),
      strict: optional(boolean),
    }),
  ),
});

const between = (low: number, high: number) => optional(number(low, high));
const tokens = optional(integer(1));

/** The request's known fields. */
export const requestShape = object({
  model: optional(text),
  messages: list(message, 1),
  stream: optional(boolean),
  stream_options: optional(object({ include_usage: optional(boolean) })),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  stop: optional(either(list(text), text)),
  temperature: between(0, 2),
  top_p: between(0, 1),
  n: optional(integer(1, 128)),
  seed: optional(shape("expected an integer of 64 bits", isInt64)),
  frequency_penalty: between(-2, 2),
  presence_penalty: between(-2, 2),
  logit_bias: optional(record(number())),
  logprobs: optional(boolean),
  top_logprobs: optional(integer(0, 20)),
  tools: optional(list(tool)),
  tool_choice: optional(toolChoice),
  functions: optional(list(functionDefinition)),
  function_call: optional(either(object({ name: text }), word("none", "auto"))),
  parallel_tool_calls: optional(boolean),
  response_format: optional(responseFormat),
  reasoning_effort: optional(word("none", "minimal", "low", "medium", "high", "xhigh", "max")),
  user: optional(text),
  metadata: optional(json),
  service_tier: optional(text),
});

export type WireRequest = Of<typeof requestShape>;
export type WireMessage = WireRequest["messages"][number];
export type WirePart = Exclude<NonNullable<WireMessage["content"]>, string>[number];
