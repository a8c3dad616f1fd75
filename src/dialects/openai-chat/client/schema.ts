/**
 * The shape of a chat completion request as OpenAI's API reference gives it, checked once at the edge. Unknown fields
 * pass: an OpenAI-compatible upstream may know them. https://platform.openai.com/docs/api-reference/chat/create
 */
import { type ExactNumber, isInt64 } from "../../../lib/exact-json.ts";
import * as z from "zod/mini";
import { list } from "../../list.ts";

const json = z.record(z.string(), z.unknown());
const cacheControl = z.nullish(
  z.looseObject({ type: z.literal("ephemeral"), ttl: z.nullish(z.enum(["5m", "1h"])) }),
);

const part = z.looseObject({
  type: z.string(),
  text: z.nullish(z.string()),
  refusal: z.nullish(z.string()),
  image_url: z.nullish(z.union([z.looseObject({ url: z.string() }), z.string()])),
  file: z.nullish(
    z.looseObject({
      file_data: z.nullish(z.string()),
      file_id: z.nullish(z.string()),
      filename: z.nullish(z.string()),
    }),
  ),
  cache_control: cacheControl,
});

const calledFunction = z.looseObject({ name: z.string(), arguments: z.nullish(z.string()) });

const message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.nullish(z.union([z.string(), list(part)])),
  refusal: z.nullish(z.string()),
  tool_calls: z.nullish(
    list(z.looseObject({ id: z.string(), type: z.nullish(z.string()), function: z.nullish(calledFunction) })),
  ),
  tool_call_id: z.nullish(z.string()),
  function_call: z.nullish(calledFunction),
  name: z.nullish(z.string()),
});

const functionDefinition = z.looseObject({
  name: z.string().check(z.minLength(1)),
  description: z.nullish(z.string()),
  parameters: z.nullish(json),
  strict: z.nullish(z.boolean()),
});

const tool = z.looseObject({
  type: z.string(),
  function: z.nullish(functionDefinition),
  cache_control: cacheControl,
});

const toolChoice = z.union([
  z.looseObject({
    type: z.string(),
    function: z.nullish(z.looseObject({ name: z.string() })),
    allowed_tools: z.nullish(
      z.looseObject({
        mode: z.enum(["auto", "required"]),
        tools: list(z.looseObject({ type: z.string() })),
      }),
    ),
  }),
  z.enum(["none", "auto", "required"]),
]);

const responseFormat = z.looseObject({
  type: z.enum(["text", "json_object", "json_schema"]),
  json_schema: z.nullish(
    z.looseObject({
      name: z.string(),
      description: z.nullish(z.string()),
      schema: z.nullish(json),
      strict: z.nullish(z.boolean()),
    }),
  ),
});

const between = (low: number, high: number) => z.nullish(z.number().check(z.gte(low), z.lte(high)));
const tokens = z.nullish(z.int().check(z.gte(1)));

/** Validates the request's known fields; what it returns still holds the unknown ones. */
export const requestSchema = z.looseObject({
  model: z.nullish(z.string()),
  messages: list(message, 1),
  stream: z.nullish(z.boolean()),
  stream_options: z.nullish(z.looseObject({ include_usage: z.nullish(z.boolean()) })),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  stop: z.nullish(z.union([list(z.string()), z.string()])),
  temperature: between(0, 2),
  top_p: between(0, 1),
  n: z.nullish(z.int().check(z.gte(1), z.lte(128))),
  seed: z.nullish(z.custom<number | ExactNumber>(isInt64, { error: "expected an integer of 64 bits" })),
  frequency_penalty: between(-2, 2),
  presence_penalty: between(-2, 2),
  logit_bias: z.nullish(z.record(z.string(), z.number())),
  logprobs: z.nullish(z.boolean()),
  top_logprobs: z.nullish(z.int().check(z.gte(0), z.lte(20))),
  tools: z.nullish(list(tool)),
  tool_choice: z.nullish(toolChoice),
  functions: z.nullish(list(functionDefinition)),
  function_call: z.nullish(z.union([z.looseObject({ name: z.string() }), z.enum(["none", "auto"])])),
  parallel_tool_calls: z.nullish(z.boolean()),
  response_format: z.nullish(responseFormat),
  reasoning_effort: z.nullish(z.enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"])),
  user: z.nullish(z.string()),
  metadata: z.nullish(json),
  service_tier: z.nullish(z.string()),
});

export type WireRequest = z.infer<typeof requestSchema>;
export type WireMessage = WireRequest["messages"][number];
export type WirePart = Exclude<NonNullable<WireMessage["content"]>, string>[number];
