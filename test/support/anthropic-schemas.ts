/**
 * Validators made of the JSON Schemas of Anthropic's own types where they are beside the project, else of what the API reference says
 * about the fields that clients read.
 */
import { join } from "node:path";
import { asObject, type JsonObject } from "../../emulator/json.ts";
import { validator } from "./openai-schemas.ts";

const FOLDER = join(import.meta.dirname, "../../../shared/fixtures/dialects/schemas");

const string = { type: "string" };
const integer = { type: "integer" };
const usage = {
  type: "object",
  required: ["input_tokens", "output_tokens"],
  properties: { input_tokens: integer, output_tokens: integer },
};
const block = { type: "object", required: ["type"], properties: { type: string } };
const event = (type: string, properties: Readonly<Record<string, object>>) => ({
  type: "object",
  required: ["type", ...Object.keys(properties)],
  properties: { type: { const: type }, ...properties },
});

const MESSAGE = {
  type: "object",
  required: ["id", "type", "role", "content", "model", "stop_reason", "stop_sequence", "usage"],
  properties: {
    id: string,
    type: { const: "message" },
    role: { const: "assistant" },
    content: { type: "array", items: block },
    model: string,
    usage,
  },
};
const OWN: Readonly<Record<string, object>> = {
  Message: MESSAGE,
  RawMessageStreamEvent: {
    anyOf: [
      event("message_start", { message: MESSAGE }),
      event("content_block_start", { index: integer, content_block: block }),
      event("content_block_delta", { index: integer, delta: block }),
      event("content_block_stop", { index: integer }),
      event("message_delta", {
        delta: { type: "object", required: ["stop_reason"] },
        usage: { type: "object" },
      }),
      event("message_stop", {}),
    ],
  },
  ErrorResponse: event("error", {
    error: { type: "object", required: ["type", "message"], properties: { type: string, message: string } },
  }),
  MessageTokensCount: { type: "object", required: ["input_tokens"], properties: { input_tokens: integer } },
};

/** A function that lists what is wrong with a value; empty when it conforms. */
export function anthropicSchema(name: string): (value: unknown) => string[] {
  return validator(join(FOLDER, `${name}.schema.json`), OWN[name]);
}

const eventProblems = anthropicSchema("RawMessageStreamEvent");
const errorProblems = anthropicSchema("ErrorResponse");

export interface StreamEvent {
  readonly event: string | undefined;
  readonly data: JsonObject;
}

/** The events of a stream, by the rules of server-sent events: the last `event:` of one is its name. */
export function streamEvents(text: string): StreamEvent[] {
  return text.split("\n\n").flatMap((part) => {
    const lines = part.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
    if (lines.length === 0) return [];
    const all = (field: string): string[] =>
      lines.flatMap((line) => (line.startsWith(`${field}: `) ? [line.slice(field.length + 2)] : []));
    return [{ event: all("event").at(-1), data: asObject(JSON.parse(all("data").join("\n"))) }];
  });
}

/** What is wrong with events: `ping` and `error` are none of Anthropic's type for them. */
export function problemsOf(events: readonly StreamEvent[]): string[] {
  return events.flatMap(({ event: name, data }) => {
    if (name !== data.type) return [`${name} is a ${String(data.type)}`];
    if (name === "ping") return Object.keys(data).length === 1 ? [] : ["ping"];
    return name === "error" ? errorProblems(withRequestId(data)) : eventProblems(data);
  });
}

/** An error inside a stream has none: its answer's head does. */
function withRequestId(data: JsonObject): JsonObject {
  return { request_id: null, ...data };
}
