/** The rules about everything beside the messages: limits, sampling, thinking, tools, caching. */
import { BedrockError, invalid } from "../../bedrock/errors.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn, stringsIn } from "../../json.ts";
import { allBlocks, blocksOf, hasBreakpoint, type Turn } from "./blocks.ts";
import { matches, usesTools } from "./messages.ts";
import type { ClaudeModel } from "./models.ts";

const API_VERSION = "bedrock-2023-05-31";
const SMALLEST_BUDGET = 1024;
const MOST_BREAKPOINTS = 4;
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const PROPERTY_NAME = /^[a-zA-Z0-9_.-]{1,64}$/;

/** Version, output limit and stop sequences. */
export function checkLimits(body: JsonObject, model: ClaudeModel): void {
  if (body.anthropic_version !== API_VERSION) {
    throw invalid(`Invalid API version: ${asString(body.anthropic_version)}`);
  }
  if (Number(body.max_tokens) > model.maxOutput) {
    throw invalid(
      `The maximum tokens you requested exceeds the model limit of ${model.maxOutput}. Try again with a maximum tokens value that is lower than ${model.maxOutput}.`,
    );
  }
  if (stringsIn(body.stop_sequences).some((sequence) => sequence.trim() === "")) {
    throw invalid("stop_sequences: each stop sequence must contain non-whitespace");
  }
}

/** `temperature`, `top_p`, `top_k`. */
export function checkSampling(body: JsonObject, model: ClaudeModel): void {
  if (model.sampling === "none") {
    const set = ["temperature", "top_p", "top_k"].find((name) => name in body);
    if (set !== undefined) throw invalid(`\`${set}\` is deprecated for this model.`);
  }
  if (model.sampling === "one" && "temperature" in body && "top_p" in body) {
    throw invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
  }
}

/** `thinking`, and what it excludes. */
export function checkThinking(body: JsonObject, turns: readonly Turn[], model: ClaudeModel): void {
  const thinking = asObject(body.thinking);
  const type = thinking.type;
  const off = typeof type === "string" && model.thinkingOff.includes(type);
  if (type !== undefined && type !== "adaptive" && !off && model.thinking === "adaptive") {
    throw invalid(
      `"thinking.type.${type}" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`,
    );
  }
  if (type === "adaptive" && model.thinking === "budget") {
    throw invalid("adaptive thinking is not supported on this model");
  }
  if (type === "enabled") checkBudget(thinking, body);
  if (off && ["xhigh", "max"].includes(asString(asObject(body.output_config).effort))) {
    throw invalid("Thinking may not be disabled when effort is above high.");
  }
  if (type !== "enabled" && type !== "adaptive") return;
  checkThinkingCompany(body, type);
  if (type === "enabled") checkThinkingHistory(turns);
}

function checkBudget(thinking: JsonObject, body: JsonObject): void {
  const budget = Number(thinking.budget_tokens);
  if (budget < SMALLEST_BUDGET) {
    throw invalid(
      `thinking.enabled.budget_tokens: Input should be greater than or equal to ${SMALLEST_BUDGET}`,
    );
  }
  if (budget >= Number(body.max_tokens)) {
    throw invalid("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
}

function checkThinkingCompany(body: JsonObject, type: string): void {
  if ("temperature" in body && body.temperature !== 1) {
    throw invalid("`temperature` may only be set to 1 when thinking is enabled.");
  }
  if ("top_p" in body && Number(body.top_p) < 0.95) {
    throw invalid("`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.");
  }
  if ("top_k" in body) throw invalid("`top_k` must be unset when thinking is enabled.");
  const choice = asObject(body.tool_choice).type;
  // Adaptive thinking gives way by itself.
  if (type === "enabled" && (choice === "any" || choice === "tool")) {
    throw invalid("Thinking may not be enabled when tool_choice forces tool use.");
  }
}

/** With a budget, an assistant turn that is still being continued must show how it was thought out. */
function checkThinkingHistory(turns: readonly Turn[]): void {
  const at = turns.findLastIndex((turn) => turn.role === "assistant");
  const behind = turns.slice(at + 1);
  const answered = behind.some(({ blocks }) => blocks.some((block) => block.type === "tool_result"));
  const continues = behind.length === 0 || answered;
  const first = turns[at]?.blocks[0]?.type;
  if (!continues || first === undefined || first === "thinking" || first === "redacted_thinking") return;
  throw invalid(
    `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
  );
}

/** `metadata`: an id of letters, digits and a few signs. */
export function checkMetadata(body: JsonObject): void {
  const id = asObject(body.metadata).user_id;
  if (id === undefined || /^[A-Za-z0-9 _:@$#=/+,.-]{0,256}$/.test(asString(id))) return;
  throw invalid("metadata.user_id: String should match pattern '^[A-Za-z0-9 _:@$#=/+,.-]{0,256}$'");
}

/** `tools` and `tool_choice`. */
export function checkTools(body: JsonObject, turns: readonly Turn[], model: ClaudeModel): void {
  const tools = objectsIn(body.tools);
  const names = tools.map((tool) => asString(tool.name));
  for (const [index, tool] of tools.entries()) {
    if (tool.type !== undefined && tool.type !== "custom") continue;
    matches(tool.name, TOOL_NAME, `tools.${index}.custom.name`);
    checkInputSchema(asObject(tool.input_schema), `tools.${index}.custom.input_schema`);
  }
  if (new Set(names).size < names.length) throw invalid("tools: Tool names must be unique.");
  if (tools.length === 0 && usesTools(turns)) {
    throw invalid("Requests which include `tool_use` or `tool_result` blocks must define tools");
  }
  const choice = body.tool_choice;
  if (!isObject(choice)) return;
  if (tools.length === 0) throw invalid("`tool_choice` may only be specified while providing `tools`.");
  if (!model.forcedTools && (choice.type === "any" || choice.type === "tool")) {
    throw invalid('tool_choice: type "tool" and "any" are not supported for this model.');
  }
  if (choice.type === "tool" && !names.includes(asString(choice.name))) {
    throw invalid(`Tool '${asString(choice.name)}' not found in provided tools`);
  }
}

function checkInputSchema(schema: JsonObject, path: string): void {
  if (!("type" in schema)) throw invalid(`${path}.type: Field required`);
  if (schema.type !== "object") throw invalid(`${path}.type: Input should be 'object'`);
  if (["oneOf", "anyOf", "allOf"].some((union) => union in schema)) {
    throw invalid(`${path}: input_schema does not support oneOf, allOf, or anyOf at the top level`);
  }
  for (const name of Object.keys(asObject(schema.properties))) {
    if (!PROPERTY_NAME.test(name)) {
      throw invalid(`${path}.properties: Property keys should match pattern '${PROPERTY_NAME.source}'`);
    }
  }
}

/** `cache_control` wherever it stands. */
export function checkCaching(body: JsonObject, turns: readonly Turn[], model: ClaudeModel): void {
  const carriers = [
    ...objectsIn(body.tools),
    ...blocksOf(body.system),
    ...allBlocks(turns).map(({ block }) => block),
  ].filter(hasBreakpoint);
  if (carriers.length === 0) return;
  if (model.cacheMinimum === undefined) {
    throw new BedrockError(
      "AccessDeniedException",
      "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.",
    );
  }
  if (carriers.length > MOST_BREAKPOINTS) {
    throw invalid(
      `A maximum of ${MOST_BREAKPOINTS} blocks with cache_control may be provided. Found ${carriers.length}.`,
    );
  }
  const lifetimes = carriers.map((carrier) => asObject(carrier.cache_control).ttl ?? "5m");
  if (lifetimes.lastIndexOf("1h") > lifetimes.indexOf("5m") && lifetimes.includes("5m")) {
    throw invalid("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block");
  }
}
