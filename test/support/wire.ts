/** Reads what the router sends in OpenAI's format, strictly: a member too many, too few or out of order fails the test. */
import { expect } from "vitest";
import * as z from "zod/mini";

const errorBody = z.strictObject({
  error: z.strictObject({
    message: z.string().check(z.minLength(1)),
    type: z.string().check(z.minLength(1)),
    param: z.nullable(z.string()),
    code: z.string().check(z.regex(/^[a-z_]+$/)),
  }),
});

export type WireError = z.infer<typeof errorBody>["error"];

/** The error of a body; fails unless it is OpenAI's error object and nothing else. */
export function wireError(body: unknown): WireError {
  return errorBody.parse(body).error;
}

const finishReason = z.enum(["stop", "length", "tool_calls", "content_filter"]);
const usage = z.strictObject({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.optional(z.strictObject({ cached_tokens: z.int(), cache_write_tokens: z.int() })),
});

const completionBody = z.strictObject({
  id: z.string().check(z.regex(/^chatcmpl-[0-9a-f]{32}$/)),
  object: z.literal("chat.completion"),
  created: z.int(),
  model: z.string(),
  choices: z.tuple([
    z.strictObject({
      index: z.literal(0),
      message: z.strictObject({
        role: z.literal("assistant"),
        content: z.nullable(z.string()),
        refusal: z.nullable(z.string()),
        reasoning_content: z.optional(z.string()),
        tool_calls: z.optional(
          z.array(
            z.strictObject({
              id: z.string(),
              type: z.literal("function"),
              function: z.strictObject({ name: z.string(), arguments: z.string() }),
            }),
          ),
        ),
      }),
      logprobs: z.null(),
      finish_reason: finishReason,
    }),
  ]),
  usage: z.optional(usage),
});

export type Completion = z.infer<typeof completionBody>;

/** A whole answer; fails unless it is a `chat.completion` and nothing else. */
export function wireCompletion(body: unknown): Completion {
  return completionBody.parse(body);
}

const toolDelta = z.union([
  z.strictObject({
    index: z.int(),
    id: z.string(),
    type: z.literal("function"),
    function: z.strictObject({ name: z.string(), arguments: z.literal("") }),
  }),
  z.strictObject({
    index: z.int(),
    function: z.strictObject({ arguments: z.string().check(z.minLength(1)) }),
  }),
]);

const chunk = z.strictObject({
  id: z.string().check(z.regex(/^chatcmpl-/)),
  object: z.literal("chat.completion.chunk"),
  created: z.int(),
  model: z.string(),
  choices: z.union([
    z.tuple([]),
    z.tuple([
      z.strictObject({
        index: z.literal(0),
        delta: z.union([
          z.strictObject({ role: z.literal("assistant"), content: z.literal("") }),
          z.strictObject({ content: z.string().check(z.minLength(1)) }),
          z.strictObject({ reasoning_content: z.string().check(z.minLength(1)) }),
          z.strictObject({ refusal: z.string() }),
          z.strictObject({ tool_calls: z.tuple([toolDelta]) }),
          z.strictObject({}),
        ]),
        logprobs: z.null(),
        finish_reason: z.nullable(finishReason),
      }),
    ]),
  ]),
  usage: z.optional(z.nullable(usage)),
});

export type Chunk = z.infer<typeof chunk>;

/** One event of a stream: a data line, or a comment. */
export type SseEvent = { readonly data: string } | { readonly comment: string };

/** Reads a stream's text; fails where it is not made of whole events of one line, and comments of one between them. */
export function sseEvents(text: string): SseEvent[] {
  if (text === "") return [];
  expect(text).toMatch(/^(?:data: [^\n\r]+\n\n|: [^\n\r]+\n)+$/);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (line.startsWith("data: ") ? { data: line.slice(6) } : { comment: line.slice(2) }));
}

/** What a streamed answer comes to. */
export interface StreamedAnswer {
  readonly chunks: readonly Chunk[];
  readonly comments: readonly string[];
  /** Whether `[DONE]` ended it. */
  readonly done: boolean;
  readonly error?: WireError;
  readonly model: string | undefined;
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: string }[];
  readonly finish: string | undefined;
  readonly usage: z.infer<typeof usage> | undefined;
}

/**
 * Reads a stream's text and checks the order that every one keeps: the role first and once, one identity, the finish
 * reason once, then at most the usage chunk; `[DONE]` or an error only as the last event.
 */
export function streamedAnswer(text: string): StreamedAnswer {
  const events = sseEvents(text);
  const lines = events.flatMap((event) => ("data" in event ? [event.data] : []));
  const done = lines.at(-1) === "[DONE]";
  const values = (done ? lines.slice(0, -1) : lines).map((line): unknown => JSON.parse(line));
  const last = values.at(-1);
  const failed = typeof last === "object" && last !== null && "error" in last;
  expect(failed && done).toBe(false);
  const chunks = (failed ? values.slice(0, -1) : values).map((value) => chunk.parse(value));
  checkOrder(chunks);
  return {
    chunks,
    comments: events.flatMap((event) => ("comment" in event ? [event.comment] : [])),
    done,
    ...(failed && { error: wireError(last) }),
    model: chunks[0]?.model,
    ...folded(chunks),
  };
}

function checkOrder(chunks: readonly Chunk[]): void {
  const identities = chunks.map(({ id, created, model }) => JSON.stringify([id, created, model]));
  expect(new Set(identities).size).toBe(chunks.length === 0 ? 0 : 1);
  const places = (holds: (c: Chunk) => boolean) => chunks.flatMap((c, index) => (holds(c) ? [index] : []));
  const roles = places(({ choices: [choice] }) => choice !== undefined && "role" in choice.delta);
  expect(roles).toEqual(chunks.length === 0 ? [] : [0]);
  const finishes = places(({ choices: [choice] }) => (choice?.finish_reason ?? null) !== null);
  const usages = places(({ choices }) => choices.length === 0);
  expect(finishes.length).toBeLessThanOrEqual(1);
  if (finishes[0] !== undefined) expect(chunks[finishes[0]]?.choices[0]?.delta).toEqual({});
  const end = [...finishes, ...usages];
  expect(end).toEqual(end.map((_, index) => chunks.length - end.length + index));
}

function folded(chunks: readonly Chunk[]): Pick<StreamedAnswer, "text" | "calls" | "finish" | "usage"> {
  let text = "";
  const calls: { id: string; name: string; args: string }[] = [];
  for (const { choices } of chunks) {
    const delta = choices[0]?.delta ?? {};
    if ("content" in delta) text += delta.content;
    if (!("tool_calls" in delta)) continue;
    const [part] = delta.tool_calls;
    if ("id" in part) {
      expect(part.index).toBe(calls.length);
      calls.push({ id: part.id, name: part.function.name, args: "" });
    } else {
      const call = calls[part.index];
      expect(call).toBeDefined();
      if (call) call.args += part.function.arguments;
    }
  }
  const finish = chunks
    .map(({ choices }) => choices[0]?.finish_reason ?? undefined)
    .findLast((reason) => reason);
  return { text, calls, finish, usage: chunks.at(-1)?.usage ?? undefined };
}
