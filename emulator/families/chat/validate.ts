/** Everything for which a server of chat completions refuses a request, in the order in which it looks. */
import { invalid, malformed } from "../../bedrock/errors.ts";
import {
  ANY,
  ANY_OBJECT,
  BOOLEAN,
  type Fields,
  list,
  object,
  oneOf,
  type Shape,
  STRING,
  violations,
} from "../../bedrock/schema.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn, stringsIn } from "../../json.ts";
import { promptTokensIn } from "../../openai/shape.ts";
import type { ChatRules } from "./models.ts";

const PENALTY: Shape = { kind: "number", min: -2, max: 2 };
const INTEGER: Shape = { kind: "integer" };
const EXTRAS: Fields = {
  frequency_penalty: PENALTY,
  min_tokens: INTEGER,
  n: { kind: "integer", min: 1, max: 16 },
  parallel_tool_calls: BOOLEAN,
  presence_penalty: PENALTY,
  seed: INTEGER,
};
const TEXT = object({ type: STRING, text: STRING });
const CALL = object({
  id: STRING,
  type: oneOf("function"),
  function: object({ name: STRING, arguments: STRING }),
});
const SCHEMA_FORMAT = object({ name: STRING, schema: ANY_OBJECT }, { description: STRING, strict: BOOLEAN });

/** Throws the BedrockError with which a model of these rules would refuse `body`. */
export function validateChat(body: JsonObject, rules: ChatRules): void {
  const found = violations(body, requestShape(rules));
  if (found.length > 0) throw malformed(found);
  checkMessages(objectsIn(body.messages), rules);
  checkTools(body, rules);
  const format = asObject(asObject(body.response_format).json_schema).schema;
  if (isObject(format)) checkConstrained(format);
  const stops = stringsIn(body.stop);
  if (stops.length > rules.mostStops || stops.includes("")) {
    throw invalid(`stop: expected 1 to ${rules.mostStops} sequences that are not empty`);
  }
  const wanted = promptTokensIn(body);
  if (wanted > rules.context) {
    throw invalid(
      `This model's maximum context length is ${rules.context} tokens. However, your messages resulted in ${wanted} tokens.`,
    );
  }
}

function requestShape(rules: ChatRules): Shape {
  const tool = object({
    type: oneOf("function"),
    function: object(
      { name: STRING },
      {
        description: STRING,
        parameters: ANY_OBJECT,
        ...(rules.formats.includes("json_schema") && { strict: BOOLEAN }),
      },
    ),
  });
  const formats = Object.fromEntries(
    rules.formats.map((type) => [
      type,
      object({ type: STRING, ...(type === "json_schema" && { json_schema: SCHEMA_FORMAT }) }),
    ]),
  );
  return object(
    { messages: list(messageShape(rules)) },
    {
      [rules.limitField]: { kind: "integer", min: 1, max: rules.maxOutput },
      temperature: { kind: "number", min: 0, max: rules.maxTemperature },
      top_p: { kind: "number", min: rules.leastTopP, max: 1 },
      stop: list(STRING),
      ...Object.fromEntries(Object.entries(EXTRAS).filter(([name]) => rules.extras.includes(name))),
      ...(rules.tools && { tools: list(tool) }),
      ...(rules.toolChoices.length > 0 && { tool_choice: ANY }),
      ...(rules.formats.length > 0 && { response_format: { kind: "tagged", shapes: formats } }),
      ...(rules.efforts.length > 0 && { reasoning_effort: oneOf(...rules.efforts) }),
    },
  );
}

function messageShape(rules: ChatRules): Shape {
  const parts = rules.images
    ? { text: TEXT, image_url: object({ type: STRING, image_url: object({ url: STRING }) }) }
    : { text: TEXT };
  return object(
    { role: oneOf("system", "user", "assistant", ...(rules.tools ? ["tool"] : [])) },
    {
      content: { kind: "stringOr", other: list({ kind: "tagged", shapes: parts }) },
      ...(rules.tools && { tool_calls: list(CALL), tool_call_id: STRING }),
    },
  );
}

function checkMessages(messages: readonly JsonObject[], rules: ChatRules): void {
  const turns = messages.filter(({ role }) => role !== "system");
  if (turns.length === 0) throw invalid("messages: at least one message of user or assistant is required");
  if (rules.turns !== "any" && messages.findLastIndex(({ role }) => role === "system") > 0) {
    throw invalid("System role must be the first message");
  }
  if (rules.turns === "alternating") checkAlternation(turns);
  const open = new Set<string>();
  for (const [at, message] of messages.entries()) {
    checkContent(message, at, rules);
    for (const call of objectsIn(message.tool_calls)) {
      open.add(asString(call.id));
      if (!isObject(parsed(asString(asObject(call.function).arguments)))) {
        throw invalid(`messages[${at}].tool_calls: function.arguments must be a JSON object`);
      }
    }
    if (message.role === "tool" && !open.has(asString(message.tool_call_id))) {
      throw invalid(`messages[${at}]: tool_call_id does not match a preceding tool call`);
    }
  }
}

function checkAlternation(turns: readonly JsonObject[]): void {
  const wrong = turns.some(({ role }, at) => role !== "tool" && role === turns[at + 1]?.role);
  if (wrong || turns[0]?.role !== "user") {
    throw invalid("Conversation roles must alternate user/assistant/user/assistant/...");
  }
}

function checkContent({ role, content, tool_calls }: JsonObject, at: number, rules: ChatRules): void {
  const calls = objectsIn(tool_calls).length > 0;
  if (content === undefined && !(role === "assistant" && calls)) {
    throw invalid(`messages[${at}]: content is required`);
  }
  if (
    rules.refusesEmpty &&
    role !== "tool" &&
    (content === "" || (Array.isArray(content) && content.length === 0))
  ) {
    throw invalid(`Invalid request: message at position ${at} must not be empty`);
  }
  for (const part of objectsIn(content)) {
    if (part.type !== "image_url") continue;
    if (role !== "user") throw invalid(`messages[${at}]: images can only be in user messages`);
    const url = asString(asObject(part.image_url).url);
    if (!/^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(url)) {
      throw invalid(`messages[${at}]: image_url must be a base64 data URL of a PNG, JPEG, GIF or WebP image`);
    }
  }
}

function checkTools(body: JsonObject, { toolChoices }: ChatRules): void {
  const names = objectsIn(body.tools).map((tool) => asString(asObject(tool.function).name));
  if (new Set(names).size < names.length) throw invalid("tools: names must be unique");
  if (names.some((name) => !/^[a-zA-Z0-9_-]{1,64}$/.test(name)))
    throw invalid("tools: invalid function name");
  const choice = body.tool_choice;
  if (choice === undefined) return;
  if (names.length === 0) throw invalid("When using `tool_choice`, `tools` must be set.");
  const named = isObject(choice) ? asString(asObject(choice.function).name) : undefined;
  const kind = named === undefined ? choice : "function";
  if (
    typeof kind !== "string" ||
    !toolChoices.includes(kind) ||
    (named === undefined && kind === "function")
  ) {
    throw invalid("Invalid value for `tool_choice`");
  }
  if (named !== undefined && !names.includes(named)) throw invalid(`Tool '${named}' not found in tools`);
}

/** The one rule of the constrained subset that most schemas break. */
function checkConstrained(schema: JsonObject): void {
  if (schema.type === "object" && schema.additionalProperties !== false) {
    throw invalid("response_format: 'additionalProperties' must be explicitly set to false");
  }
  const members = Object.values(asObject(schema.properties));
  for (const inner of [...members, schema.items].filter(isObject)) checkConstrained(inner);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
