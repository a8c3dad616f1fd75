/** Everything for which Mistral's models refuse a request, in the order in which they look. */
import { invalid, malformed } from "../../bedrock/errors.ts";
import { ANY_OBJECT, list, object, oneOf, type Shape, STRING, violations } from "../../bedrock/schema.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn, stringsIn } from "../../json.ts";
import { promptTokensIn } from "../../openai/shape.ts";
import { mistralTemplate, parsePrompt } from "../prompt/templates.ts";
import type { MistralRules } from "./models.ts";

const FRACTION: Shape = { kind: "number", min: 0, max: 1 };
const TEXT = object({ type: STRING, text: STRING });
const IMAGE = object({ type: STRING, image_url: object({ url: STRING }) });
const CALL = object(
  { id: STRING, function: object({ name: STRING, arguments: STRING }) },
  { type: oneOf("function") },
);
const TOOL = object({
  type: oneOf("function"),
  function: object({ name: STRING }, { description: STRING, parameters: ANY_OBJECT }),
});
const CALL_ID = /^[a-zA-Z0-9]{9}$/;
const MOST_STOPS = 10;

/** Which role may come after which. */
const FOLLOWERS: Readonly<Record<string, readonly string[]>> = {
  start: ["system", "user"],
  system: ["user"],
  user: ["assistant"],
  assistant: ["user"],
  calls: ["tool"],
  tool: ["tool", "assistant"],
};

/** Throws the BedrockError with which a model of these rules would refuse `body`. */
export function validateMistral(body: JsonObject, rules: MistralRules): void {
  const text = rules.form === "text" || (rules.form === "both" && "prompt" in body);
  const found = violations(body, text ? textShape(rules) : chatShape(rules));
  if (found.length > 0) throw malformed(found);
  if (text) {
    const stops = stringsIn(body.stop);
    if (stops.length > MOST_STOPS)
      throw malformed([`#/stop: expected maxItems: ${MOST_STOPS}, actual: ${stops.length}`]);
    parsePrompt(asString(body.prompt), mistralTemplate);
  } else {
    checkMessages(objectsIn(body.messages));
    checkTools(body);
  }
  const tokens = promptTokensIn(text ? { messages: body.prompt } : body);
  if (tokens > rules.context) {
    throw invalid(
      `This model's maximum context length is ${rules.context} tokens. Please reduce the length of the prompt`,
    );
  }
}

function textShape({ maxOutput }: MistralRules): Shape {
  return object(
    { prompt: STRING },
    {
      max_tokens: { kind: "integer", min: 1, max: maxOutput },
      temperature: FRACTION,
      top_p: FRACTION,
      top_k: { kind: "integer", min: 0, max: 200 },
      stop: list(STRING),
    },
  );
}

function chatShape({ maxOutput, images }: MistralRules): Shape {
  const parts = images ? { text: TEXT, image_url: IMAGE } : { text: TEXT };
  const message = object(
    {
      role: oneOf("system", "user", "assistant", "tool"),
      content: { kind: "stringOr", other: list({ kind: "tagged", shapes: parts }) },
    },
    { tool_calls: list(CALL), tool_call_id: STRING },
  );
  return object(
    { messages: list(message) },
    {
      tools: list(TOOL),
      tool_choice: oneOf("auto", "any", "none"),
      max_tokens: { kind: "integer", min: 1, max: maxOutput },
      temperature: FRACTION,
      top_p: FRACTION,
    },
  );
}

function checkMessages(messages: readonly JsonObject[]): void {
  let state = "start";
  let open: string[] = [];
  for (const message of messages) {
    const role = asString(message.role);
    if (!FOLLOWERS[state]?.includes(role)) throw invalid(`Unexpected role '${role}' after role '${state}'`);
    if (role === "tool") open = answered(open, asString(message.tool_call_id));
    else if (open.length > 0) throw invalid("Not the same number of function calls and responses");
    checkContent(message);
    const calls = objectsIn(message.tool_calls);
    for (const call of calls) checkCall(call);
    if (calls.length > 0) open = calls.map(({ id }) => asString(id));
    state = calls.length > 0 ? "calls" : role;
  }
  if (open.length > 0) throw invalid("Not the same number of function calls and responses");
  if (state !== "user" && state !== "tool") {
    throw invalid(`Expected last role User or Tool for serving but got ${state}`);
  }
}

function answered(open: readonly string[], id: string): string[] {
  if (!open.includes(id)) throw invalid(`Unexpected tool call id ${id} in tool results`);
  return open.filter((one) => one !== id);
}

function checkContent({ role, content, tool_calls }: JsonObject): void {
  if (role === "assistant" && content === "" && objectsIn(tool_calls).length === 0) {
    throw invalid("Assistant message must have either content or tool_calls, but not none.");
  }
  if (role === "user" && (content === "" || (Array.isArray(content) && content.length === 0))) {
    throw invalid("User message must have content");
  }
  for (const { type, image_url } of objectsIn(content)) {
    if (type !== "image_url") continue;
    if (role !== "user") throw invalid("Images can only be in user messages");
    const url = asString(asObject(image_url).url);
    if (!/^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(url)) {
      throw invalid("image_url must be a base64 data URL of a PNG, JPEG, GIF or WebP image");
    }
  }
}

function checkCall(call: JsonObject): void {
  const id = asString(call.id);
  if (!CALL_ID.test(id)) {
    throw invalid(`Tool call id was ${id} but must be a-z, A-Z, 0-9, with a length of 9.`);
  }
  if (!isObject(parsed(asString(asObject(call.function).arguments)))) {
    throw invalid("function.arguments must be a JSON object");
  }
}

function checkTools({ tools, tool_choice }: JsonObject): void {
  const names = objectsIn(tools).map((tool) => asString(asObject(tool.function).name));
  if (names.some((name) => !/^[a-zA-Z0-9_-]{1,64}$/.test(name))) {
    throw invalid(
      "Function name must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64.",
    );
  }
  if (tool_choice !== undefined && names.length === 0) throw invalid("tool_choice needs tools");
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
