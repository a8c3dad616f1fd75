/** Asks through OpenAI's own client, streamed or not, and checks every byte of JSON that comes back on the way. */
import { APIError, type OpenAI } from "openai";
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from "openai/resources/chat/completions";
import { expect } from "vitest";
import { asObject, asString } from "../../../emulator/json.ts";
import { schema } from "../../support/openai-schemas.ts";

const chunkProblems = schema("CreateChatCompletionStreamResponse");
const completionProblems = schema("CreateChatCompletionResponse");

/** A request but for `stream`. */
export type Question = Omit<ChatCompletionCreateParamsNonStreaming, "stream">;

/** An answer, however it came. */
export interface Reply {
  readonly model: string;
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finish: string | null | undefined;
  readonly usage: ChatCompletion["usage"] | null;
  readonly headers: Headers;
}

/** Sends a question and reads the whole answer. Rejects as OpenAI's client does. */
export async function ask(client: OpenAI, question: Question, streaming: boolean): Promise<Reply> {
  return streaming ? askStreamed(client, question) : askWhole(client, question);
}

/** The error with which a call fails. Throws if it succeeds, or fails in another way. */
export async function failureOf(call: Promise<unknown>): Promise<APIError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof APIError) return thrown;
  throw new Error(`not an API error: ${String(thrown)}`);
}

/** A question of one user message. */
export function say(model: string, content: string): Question {
  return { model, messages: [{ role: "user", content }] };
}

async function askWhole(client: OpenAI, question: Question): Promise<Reply> {
  const { data, response } = await client.chat.completions.create(question).withResponse();
  expect(completionProblems(data)).toEqual([]);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  const choice = data.choices[0];
  return {
    model: data.model,
    text: choice?.message.content ?? "",
    reasoning: reasoningOf(choice?.message),
    refusal: choice?.message.refusal ?? "",
    calls: (choice?.message.tool_calls ?? []).flatMap((call) =>
      call.type === "function" ? [{ id: call.id, ...call.function }] : [],
    ),
    finish: choice?.finish_reason,
    usage: data.usage ?? null,
    headers: response.headers,
  };
}

async function askStreamed(client: OpenAI, question: Question): Promise<Reply> {
  const { data, response } = await client.chat.completions
    .create({ ...question, stream: true })
    .withResponse();
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of data) chunks.push(chunk);
  expectOrderly(chunks);
  return { ...fold(chunks), headers: response.headers };
}

/** What every complete stream keeps to. */
function expectOrderly(chunks: readonly ChatCompletionChunk[]): void {
  for (const chunk of chunks) {
    expect(chunkProblems(chunk)).toEqual([]);
    expect(chunk).not.toHaveProperty("error");
  }
  for (const field of ["id", "created", "model"] as const) {
    expect(new Set(chunks.map((chunk) => chunk[field])).size, field).toBe(1);
  }
  expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "" });
  expect(chunks.filter((chunk) => chunk.choices[0]?.delta.role !== undefined)).toHaveLength(1);
  const answer = chunks.filter((chunk) => chunk.choices.length > 0);
  expect(answer.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: expect.any(String) });
  expect(answer.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(1);
}

/** Adds the chunks of a stream up. */
export function fold(chunks: readonly ChatCompletionChunk[]): Omit<Reply, "headers"> {
  const calls: { id: string; name: string; arguments: string }[] = [];
  const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta));
  for (const piece of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    const call = calls[piece.index] ?? {
      id: piece.id ?? "",
      name: piece.function?.name ?? "",
      arguments: "",
    };
    call.arguments += piece.function?.arguments ?? "";
    calls[piece.index] = call;
  }
  return {
    model: chunks[0]?.model ?? "",
    text: deltas.map((delta) => delta.content ?? "").join(""),
    reasoning: deltas.map(reasoningOf).join(""),
    refusal: deltas.map((delta) => delta.refusal ?? "").join(""),
    calls,
    finish: chunks.findLast((chunk) => chunk.choices[0]?.finish_reason)?.choices[0]?.finish_reason,
    usage: chunks.at(-1)?.usage ?? null,
  };
}

/** A field that OpenAI's own types do not know. */
function reasoningOf(value: unknown): string {
  return asString(asObject(value).reasoning_content);
}
