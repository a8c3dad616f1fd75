/** The recorded streams of the conformance vectors, and what they must come to. */
import streams from "virtual:vectors/streams";
import * as z from "zod/mini";

const expected = z.object({
  text: z.string(),
  tool_calls: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      arguments_text: z.string(),
      incomplete: z.optional(z.boolean()),
    }),
  ),
  reasoning: z.optional(z.string()),
  finish_reason: z.nullable(z.string()),
  usage: z.nullable(
    z.object({
      prompt_tokens: z.number(),
      completion_tokens: z.number(),
      cached_tokens: z.optional(z.number()),
    }),
  ),
  complete: z.nullable(z.boolean()),
  error: z.optional(
    z.object({
      kind: z.string(),
      type: z.string(),
      message: z.string(),
      http_status: z.optional(z.number()),
    }),
  ),
});
const streamCase = z.object({ model_id: z.string(), expected });

/** The router's code for what the vectors call by AWS's or Anthropic's name. */
export const CODES: Readonly<Record<string, string>> = {
  modelStreamErrorException: "upstream_error",
  overloaded_error: "upstream_unavailable",
  serviceUnavailableException: "upstream_unavailable",
  throttlingException: "rate_limit_exceeded",
};

const isClaude = z.object({ family: z.literal("anthropic") });

/** The cases that Claude answered; empty where the vectors are missing. */
export const claude = streams
  .filter(({ json }) => isClaude.safeParse(json).success)
  .map(({ name, json, bin }) => ({ name, bin: bin ?? "", ...streamCase.parse(json) }));
