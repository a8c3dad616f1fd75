/**
 * What Claude on Bedrock refuses, written down independently of the encoder: every body that the encoder makes has to
 * pass. Each rule gives a sentence when it is broken.
 */

type Json = { readonly [key: string]: unknown };

const BODY_KEYS = new Set([
  ...["anthropic_version", "max_tokens", "messages", "metadata", "output_config", "stop_sequences", "system"],
  ...["temperature", "thinking", "tool_choice", "tools", "top_k", "top_p"],
]);
const BLOCK_KEYS: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "cache_control"],
  image: ["type", "source", "cache_control"],
  document: ["type", "source", "title", "cache_control"],
  tool_use: ["type", "id", "name", "input", "cache_control"],
  tool_result: ["type", "tool_use_id", "content", "is_error", "cache_control"],
};
const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** @returns the rules that a request body breaks; empty for a body that Claude accepts. */
export function brokenClaudeRules(body: Json): string[] {
  const broken: string[] = [];
  const rule = (holds: boolean, text: string): void => {
    if (!holds) broken.push(text);
  };
  for (const key of Object.keys(body)) rule(BODY_KEYS.has(key), `unknown key ${key}`);
  findEmpty(body, "body", rule);
  rule(body.anthropic_version === "bedrock-2023-05-31", "anthropic_version");
  rule(Number.isInteger(body.max_tokens) && Number(body.max_tokens) > 0, "max_tokens is a positive integer");
  checkSystem(body.system, rule);
  const messages = list(body.messages);
  checkTurns(messages, rule);
  checkToolPairs(messages, rule);
  checkTools(body, messages, rule);
  checkThinking(body, messages, rule);
  checkCache(body, messages, rule);
  checkNumbers(body, rule);
  return broken;
}

type Rule = (holds: boolean, text: string) => void;

/** Nulls and undefined anywhere but in JSON that is the client's own: a tool's input and schemas. */
function findEmpty(value: unknown, path: string, rule: Rule): void {
  rule(value !== null && value !== undefined, `${path} is null or undefined`);
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key !== "input" && key !== "input_schema" && key !== "schema")
      findEmpty(inner, `${path}.${key}`, rule);
  }
}

function checkSystem(system: unknown, rule: Rule): void {
  if (system === undefined) return;
  rule(list(system).length > 0, "system is not empty");
  for (const block of list(system)) {
    rule(block.type === "text", "system holds text only");
    checkBlock(block, rule);
  }
}

function checkTurns(messages: readonly Json[], rule: Rule): void {
  rule(messages.length > 0, "there are messages");
  for (const [index, message] of messages.entries()) {
    const role = index % 2 === 0 ? "user" : "assistant";
    rule(message.role === role, `message ${index} is the ${role}'s`);
    rule(list(message.content).length > 0, `message ${index} has content`);
    for (const block of list(message.content)) {
      checkBlock(block, rule);
      const assistant = block.type === "text" || block.type === "tool_use";
      rule(
        role === "user" ? block.type !== "tool_use" : assistant,
        `${role} turn with ${String(block.type)}`,
      );
    }
  }
  const last = messages.at(-1);
  const text = list(last?.content).at(-1)?.text;
  if (last?.role === "assistant" && typeof text === "string") {
    rule(text === text.trimEnd(), "final assistant content cannot end with trailing whitespace");
  }
}

function checkBlock(block: Json, rule: Rule): void {
  const keys = BLOCK_KEYS[String(block.type)];
  rule(keys !== undefined, `block type ${String(block.type)}`);
  for (const key of Object.keys(block))
    rule(keys?.includes(key) === true, `key ${key} in ${String(block.type)}`);
  if (block.type === "text") rule(isInk(block.text), "text blocks must contain non-whitespace text");
  if (block.type === "image") checkImage(block.source, rule);
  if (block.type !== "tool_result" || typeof block.content === "string") return;
  for (const inner of list(block.content)) checkBlock(inner, rule);
}

function checkImage(source: unknown, rule: Rule): void {
  const { type, media_type, data } = object(source);
  rule(type === "base64" && IMAGE_TYPES.includes(String(media_type)), "images are base64 of a known type");
  rule(/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(`${String(data)}`), "base64");
}

/** Every call is answered once, at the head of the next message, and nothing else is answered. */
function checkToolPairs(messages: readonly Json[], rule: Rule): void {
  const seen = new Set<unknown>();
  let open: unknown[] = [];
  for (const { content } of messages) {
    const results = list(content).filter((block) => block.type === "tool_result");
    const head = list(content).slice(0, results.length);
    rule(
      head.every((block) => block.type === "tool_result"),
      "tool results come first",
    );
    const answered = results.map((block) => block.tool_use_id);
    rule(
      JSON.stringify([...answered].sort()) === JSON.stringify([...open].sort()),
      "each tool_use has one tool_result in the next message",
    );
    open = [];
    for (const { type, id, name, input } of list(content)) {
      if (type !== "tool_use") continue;
      rule(!seen.has(id), "tool_use ids are unique");
      rule(/^[a-zA-Z0-9_-]+$/.test(String(id)), "tool_use id pattern");
      rule(NAME.test(String(name)), "tool_use name pattern");
      rule(typeof input === "object" && input !== null && !Array.isArray(input), "input is an object");
      seen.add(id);
      open.push(id);
    }
  }
  rule(open.length === 0, "the last calls are answered");
}

function checkTools(body: Json, messages: readonly Json[], rule: Rule): void {
  const tools = list(body.tools);
  if (body.tools !== undefined) rule(tools.length > 0, "tools is not empty");
  const names = tools.map((tool) => tool.name);
  rule(new Set(names).size === names.length, "tool names are unique");
  for (const tool of tools) {
    const schema = object(tool.input_schema);
    rule(NAME.test(String(tool.name)), "tool name pattern");
    rule(schema.type === "object", "input_schema is of type object");
    rule(
      !("anyOf" in schema || "oneOf" in schema || "allOf" in schema || "$ref" in schema),
      "no union at the top",
    );
  }
  const used = messages.some(({ content }) => list(content).some((block) => block.type === "tool_use"));
  rule(!used || tools.length > 0, "tools are defined where the history calls some");
  if (body.tool_choice === undefined) return;
  const { type, name } = object(body.tool_choice);
  rule(tools.length > 0, "tool_choice needs tools");
  rule(["auto", "any", "tool", "none"].includes(String(type)), "tool_choice type");
  rule(type === "tool" ? names.includes(name) : name === undefined, "tool_choice names a tool");
}

function checkThinking(body: Json, messages: readonly Json[], rule: Rule): void {
  if (body.thinking === undefined) return;
  const { type, budget_tokens: budget } = object(body.thinking);
  rule(type === "enabled" || type === "adaptive", "thinking type");
  rule((type === "enabled") === (budget !== undefined), "only enabled has a budget");
  if (type === "enabled")
    rule(Number(budget) >= 1024 && Number(budget) < Number(body.max_tokens), "budget range");
  rule(body.temperature === undefined && body.top_p === undefined, "no sampling while thinking");
  rule(messages.at(-1)?.role === "user", "no prefill while thinking");
  rule(!["any", "tool"].includes(String(object(body.tool_choice).type)), "no forced tool while thinking");
}

function checkCache(body: Json, messages: readonly Json[], rule: Rule): void {
  const blocks = [...list(body.tools), ...list(body.system), ...messages.flatMap((m) => list(m.content))];
  const marks = blocks.flatMap((block) =>
    block.cache_control === undefined ? [] : [object(block.cache_control)],
  );
  rule(marks.length <= 4, "at most four cache breakpoints");
  const hours = marks.map((mark) => mark.ttl === "1h");
  rule(
    hours.lastIndexOf(true) < (hours.includes(false) ? hours.indexOf(false) : 5),
    "1h breakpoints come first",
  );
}

function checkNumbers({ temperature, top_p, stop_sequences }: Json, rule: Rule): void {
  rule(
    temperature === undefined || (Number(temperature) >= 0 && Number(temperature) <= 1),
    "temperature 0 to 1",
  );
  rule(top_p === undefined || (Number(top_p) >= 0 && Number(top_p) <= 1), "top_p 0 to 1");
  if (stop_sequences === undefined) return;
  const stops: unknown = stop_sequences;
  rule(Array.isArray(stops) && stops.length > 0 && stops.every(isInk), "stop sequences have ink");
}

function isInk(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
