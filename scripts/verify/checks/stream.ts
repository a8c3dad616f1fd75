import { createParser } from "eventsource-parser";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { codeOf, failureOf, open, reasonIn } from "../http.ts";
import { FINISHES, questionTo } from "../question.ts";
import { type Check, type Context, Failure } from "../types.ts";

/** A streamed answer from each model, byte by byte: chunks, usage, `[DONE]`. */
export const stream: Check = {
  name: "stream",
  cases: (context) => context.models.map(({ id }) => ({ name: id, run: () => streamed(context, id) })),
};

async function streamed(context: Context, model: string): Promise<string> {
  const response = await open(context, "/v1/chat/completions", {
    body: { ...questionTo(model), stream: true, stream_options: { include_usage: true } },
  });
  const text = await response.text();
  const { status, headers } = response;
  if (status !== 200) {
    const json: unknown = status >= 400 && text.startsWith("{") ? JSON.parse(text) : undefined;
    throw failureOf({ status, headers, text, json }, "a stream");
  }
  const type = headers.get("content-type") ?? "";
  if (!type.startsWith("text/event-stream")) throw new Failure("text/event-stream", type);
  const events = eventsIn(text);
  checkEnd(events);
  const chunks = events.slice(0, -1).map((event) => asObject(JSON.parse(event)));
  return checkChunks(chunks);
}

/** The `data` of each event; comments are none. */
function eventsIn(text: string): string[] {
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data) });
  parser.feed(text);
  return events;
}

function checkEnd(events: readonly string[]): void {
  const last = events.at(-1) ?? "";
  if (last === "[DONE]") return;
  const body: unknown = last.startsWith("{") ? JSON.parse(last) : undefined;
  const code = codeOf(body);
  const what = code === undefined ? "" : `, ${code}: ${asString(asObject(asObject(body).error).message)}`;
  throw new Failure("[DONE] at the end", `a stream that breaks off after ${events.length} events${what}`, {
    code,
    reason: reasonIn(body),
  });
}

function checkChunks(chunks: readonly JsonObject[]): string {
  const [first] = chunks;
  const alike = chunks.every((c) => c.object === "chat.completion.chunk" && c.id === first?.id);
  if (!first || !alike) throw new Failure("chunks of one answer", JSON.stringify(chunks.slice(0, 2)));
  const choices = chunks.flatMap((chunk) => objectsIn(chunk.choices));
  const finishes = choices.map((choice) => choice.finish_reason).filter((reason) => reason != null);
  if (finishes.length !== 1 || !FINISHES.includes(asString(finishes[0]))) {
    throw new Failure("one finish_reason", JSON.stringify(finishes));
  }
  const text = choices.map((choice) => asString(asObject(choice.delta).content)).join("");
  if (text === "" && finishes[0] !== "length") throw new Failure("a text", "none");
  // Some providers put it on their last chunk instead of behind it.
  if (chunks.at(-1)?.usage == null) throw new Failure("usage at the end (include_usage)", "none");
  return `${chunks.length} chunks, usage, [DONE]`;
}
