/** OpenAI's Responses API: a request read into what the answer depends on, and the answer's events. Nothing is stored. */
import { randomBytes } from "node:crypto";
import { compose } from "../answer/compose.ts";
import { type Answer, type Block, type Conversation, type Media, tokensIn } from "../answer/conversation.ts";
import { userWords } from "../answer/user-words.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn } from "../json.ts";
import { json, type Script, streamed } from "../script.ts";
import { badRequest, type OpenAiError } from "./errors.ts";

const DEFAULT_MAX_TOKENS = 4096;
const FOREIGN_REASONING = "not-of-this-service";

/** Messages of the input; a text is one of the user's. */
function itemsOf(body: JsonObject): JsonObject[] {
  const { input } = body;
  return typeof input === "string" ? [{ role: "user", content: input }] : objectsIn(input);
}

/** The newest text of the user; tolerates anything. */
export function questionIn(body: JsonObject): string {
  const texts = itemsOf(body).map(({ role, content }) => (role === "user" ? userWords(textIn(content)) : ""));
  return texts.findLast((words) => words !== "") ?? "";
}

/** What is wrong with a request; undefined where nothing is. */
export function checkResponses(body: JsonObject): OpenAiError | undefined {
  const items = itemsOf(body);
  if (items.length === 0)
    return badRequest("Missing required parameter: 'input'.", "input", "missing_required_parameter");
  if ("previous_response_id" in body && body.previous_response_id !== null) {
    const message = `Previous response with id '${String(body.previous_response_id)}' not found.`;
    return badRequest(message, "previous_response_id", "previous_response_not_found");
  }
  const calls = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    const type = item.type ?? "message";
    if (type === "function_call" || type === "custom_tool_call") calls.add(item.call_id);
    if (type === "reasoning" && asString(item.encrypted_content).includes(FOREIGN_REASONING)) {
      return badRequest(
        "The encrypted content could not be verified.",
        `input[${index}]`,
        "invalid_encrypted_content",
      );
    }
    const isOutput = type === "function_call_output" || type === "custom_tool_call_output";
    if (isOutput && !calls.has(item.call_id)) {
      return badRequest(
        `No tool call found for function call output with call_id ${String(item.call_id)}.`,
        "input",
      );
    }
  }
  for (const [index, tool] of objectsIn(body.tools).entries()) {
    if (tool.type === "function" && asString(tool.name) === "") {
      return badRequest(`Missing required parameter: 'tools[${index}].name'.`, `tools[${index}].name`);
    }
  }
  return undefined;
}

function readConversation(body: JsonObject): Conversation {
  const items = itemsOf(body);
  const last = items.findLastIndex(({ type }) => !asString(type).endsWith("_call_output")) + 1;
  const format = asObject(asObject(body.text).format);
  const limit = body.max_output_tokens;
  const systems = items.filter(({ role }) => role === "system" || role === "developer");
  return {
    question: questionIn(body),
    system: [asString(body.instructions), ...systems.map(({ content }) => textIn(content))].join("\n").trim(),
    toolResults: items.slice(last).map(({ output }) => textIn(output)),
    media: objectsIn(items.at(-1)?.content).flatMap(mediaIn),
    tools: objectsIn(body.tools)
      .filter(({ type }) => type === "function" || type === "custom")
      .map((tool) => ({ name: asString(tool.name), schema: asObject(tool.parameters) })),
    toolMode: toolMode(body.tool_choice),
    parallel: body.parallel_tool_calls !== false,
    thinking: isObject(body.reasoning) && asObject(body.reasoning).effort !== "none" ? "shown" : "off",
    ...(format.type === "json_schema" && { format: asObject(format.schema) }),
    received: { input: body.input, tools: body.tools },
    maxTokens: typeof limit === "number" ? limit : DEFAULT_MAX_TOKENS,
    stop: [],
  };
}

function toolMode(choice: unknown): Conversation["toolMode"] {
  if (isObject(choice) && typeof choice.name === "string") return { mode: "tool", name: choice.name };
  if (choice === "required") return { mode: "any" };
  return { mode: choice === "none" ? "none" : "auto" };
}

function textIn(content: unknown): string {
  if (typeof content === "string") return content;
  return objectsIn(content)
    .map(({ text }) => asString(text))
    .filter((text) => text !== "")
    .join("\n");
}

function mediaIn(part: JsonObject): Media[] {
  const data = /^data:([^;,]*);base64,(.*)$/s.exec(asString(part.image_url) || asString(part.file_data));
  return data ? [{ type: data[1] ?? "", bytes: Buffer.byteLength(data[2] ?? "", "base64") }] : [];
}

/** @param now Milliseconds since the epoch. */
export function respond(body: JsonObject, paceMs: number, now: number): Script {
  const answer = compose(readConversation(body));
  const id = newId("resp_");
  const custom = new Set(
    objectsIn(body.tools)
      .filter(({ type }) => type === "custom")
      .map(({ name }) => name),
  );
  const encrypted = Array.isArray(body.include) && body.include.includes("reasoning.encrypted_content");
  const items = blocksOf(answer).map((block) => itemOf(block, { custom, encrypted, stop: answer.stop }));
  const frame = (status: string, output: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
    ...{ id, object: "response", created_at: Math.floor(now / 1000), status, error: null },
    ...{ incomplete_details: null, instructions: body.instructions ?? null, model: body.model, output },
    ...{ parallel_tool_calls: true, tools: body.tools ?? [], tool_choice: body.tool_choice ?? "auto" },
    ...{
      temperature: 1,
      top_p: 1,
      metadata: body.metadata ?? {},
      store: body.store ?? true,
      x_extra: "kept",
    },
    ...more,
  });
  const cut = answer.stop === "length";
  const status = cut ? "incomplete" : "completed";
  const last = frame(
    status,
    items.map(({ item }) => item),
    {
      usage: usageOf(body, answer),
      ...(cut && { incomplete_details: { reason: "max_output_tokens" } }),
    },
  );
  if (body.stream !== true) return json(200, last);
  const events = [
    { type: "response.created", response: frame("in_progress", []) },
    { type: "response.in_progress", response: frame("in_progress", []) },
    ...items.flatMap(({ item, pieces }, index) => itemEvents(item, pieces, index)),
    { type: `response.${status}`, response: last },
  ];
  const written = events.map((event, index) => ({ ...event, sequence_number: index }));
  return streamed(
    { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
    written.map((event) => Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)),
    paceMs,
  );
}

/** A model that declines says so, in a part of its own kind. */
function blocksOf({ blocks, stop }: Answer): readonly Block[] {
  const declined = stop === "refusal" && blocks.length === 0;
  return declined ? [{ type: "text", pieces: ["I'm sorry, but ", "I can't help with that."] }] : blocks;
}

interface Item {
  readonly item: JsonObject;
  readonly pieces: readonly string[];
}

function itemOf(
  block: Block,
  { custom, encrypted, stop }: { custom: ReadonlySet<unknown>; encrypted: boolean; stop: Answer["stop"] },
): Item {
  const status = stop === "length" ? "incomplete" : "completed";
  const { pieces } = block;
  const text = pieces.join("");
  if (block.type === "thinking") {
    const content = encrypted && { encrypted_content: Buffer.from(`emulated ${text}`).toString("base64") };
    const summary = [{ type: "summary_text", text }];
    return { pieces, item: { id: newId("rs_"), type: "reasoning", summary, ...content } };
  }
  if (block.type === "text") {
    const refusal = stop === "refusal";
    const part = refusal
      ? { type: "refusal", refusal: text }
      : { type: "output_text", text, annotations: [], logprobs: [] };
    return {
      pieces,
      item: { id: newId("msg_"), type: "message", status, role: "assistant", content: [part] },
    };
  }
  const call = { call_id: newId("call_"), name: block.name, status };
  if (custom.has(block.name)) {
    const input = asString(block.input.input) || text;
    return { pieces: [input], item: { id: newId("ctc_"), type: "custom_tool_call", ...call, input } };
  }
  const written = text === "" ? "{}" : text;
  return { pieces, item: { id: newId("fc_"), type: "function_call", ...call, arguments: written } };
}

function itemEvents(item: JsonObject, pieces: readonly string[], index: number): { type: string }[] {
  const at = { item_id: item.id, output_index: index };
  const event = (type: string, rest: JsonObject) => ({ type: `response.${type}`, ...rest });
  const added = (open: JsonObject) =>
    event("output_item.added", { output_index: index, item: { ...item, ...open } });
  const done = event("output_item.done", { output_index: index, item });
  if (item.type === "function_call") {
    return [
      added({ arguments: "", status: "in_progress" }),
      ...pieces.map((delta) => event("function_call_arguments.delta", { ...at, delta })),
      event("function_call_arguments.done", { ...at, name: item.name, arguments: item.arguments }),
      done,
    ];
  }
  if (item.type === "custom_tool_call") {
    return [
      added({ input: "", status: "in_progress" }),
      ...pieces.map((delta) => event("custom_tool_call_input.delta", { ...at, delta })),
      event("custom_tool_call_input.done", { ...at, input: item.input }),
      done,
    ];
  }
  if (item.type === "reasoning") {
    const place = { ...at, summary_index: 0 };
    const part = objectsIn(item.summary)[0];
    return [
      added({ summary: [] }),
      event("reasoning_summary_part.added", { ...place, part: { type: "summary_text", text: "" } }),
      ...pieces.map((delta) => event("reasoning_summary_text.delta", { ...place, delta })),
      event("reasoning_summary_text.done", { ...place, text: pieces.join("") }),
      event("reasoning_summary_part.done", { ...place, part }),
      done,
    ];
  }
  const place = { ...at, content_index: 0 };
  const part = objectsIn(item.content)[0] ?? {};
  const kind = part.type === "refusal" ? "refusal" : "output_text";
  const member = part.type === "refusal" ? "refusal" : "text";
  const logprobs = part.type === "refusal" ? {} : { logprobs: [] };
  return [
    added({ content: [], status: "in_progress" }),
    event("content_part.added", { ...place, part: { ...part, [member]: "" } }),
    ...pieces.map((delta) => event(`${kind}.delta`, { ...place, delta, ...logprobs })),
    event(`${kind}.done`, { ...place, [member]: pieces.join(""), ...logprobs }),
    event("content_part.done", { ...place, part }),
    done,
  ];
}

function usageOf(body: JsonObject, answer: Answer): JsonObject {
  const input = tokensIn(JSON.stringify({ input: body.input, tools: body.tools }).length);
  const thought = answer.blocks
    .filter(({ type }) => type === "thinking")
    .reduce((sum, { pieces }) => sum + tokensIn(pieces.join("").length), 0);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: answer.outputTokens,
    output_tokens_details: { reasoning_tokens: thought },
    total_tokens: input + answer.outputTokens,
  };
}

function newId(prefix: string): string {
  return prefix + randomBytes(12).toString("hex");
}
