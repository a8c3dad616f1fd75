/** Everything for which Bedrock refuses a Converse request, in the order in which it looks. */
import { BedrockError, invalid, malformed } from "../../bedrock/errors.ts";
import { violations } from "../../bedrock/schema.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn } from "../../json.ts";
import { resolveModel } from "../anthropic/models.ts";
import { validateClaude } from "../anthropic/validate.ts";
import { parsed, toClaude } from "./claude.ts";
import { checkMessages, has } from "./messages.ts";
import { type ConverseRules, isClaude, rulesOf } from "./models.ts";
import { requestShape } from "./shapes.ts";

const MOST_CACHE_POINTS = 4;
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const FLAT = ["type", "properties", "required"];
const METADATA = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}$/;

/** Throws the BedrockError with which Bedrock, or the model behind Converse, would refuse `body`. */
export function validateConverse(body: JsonObject, modelId: string, streaming: boolean): void {
  const found = violations(body, requestShape(streaming));
  if (found.length > 0) throw malformed(found);
  const rules = rulesOf(modelId);
  checkFeatures(body, rules, streaming);
  checkMessages(body, rules);
  checkTools(body, rules);
  checkMetadata(body);
  if (isClaude(modelId)) {
    askClaude(body, modelId);
    return;
  }
  checkCachePoints(body, rules);
  checkExtras(body, rules);
}

function checkFeatures(body: JsonObject, rules: ConverseRules, streaming: boolean): void {
  const config = asObject(body.inferenceConfig);
  const { stopSequences, maxTokens } = config;
  if (body.system !== undefined && !rules.system) {
    throw invalid(
      "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    );
  }
  for (const [index, block] of objectsIn(body.system).entries()) {
    if (block.text === "")
      throw invalid(`system.${index}.text: Member must have length greater than or equal to 1`);
  }
  if (stopSequences !== undefined && !rules.stopSequences) {
    throw invalid("This model doesn't support the stopSequences field. Remove stopSequences and try again.");
  }
  const sampled = rules.sampling ? undefined : ["temperature", "topP"].find((name) => name in config);
  if (sampled !== undefined) {
    throw invalid(`This model doesn't support the ${sampled} field. Remove ${sampled} and try again.`);
  }
  if (Number(maxTokens ?? 1) > rules.maxOutput) {
    throw invalid(
      `The maximum tokens you requested exceeds the model limit of ${rules.maxOutput}. Try again with a maximum tokens value that is lower than ${rules.maxOutput}.`,
    );
  }
  if (body.toolConfig === undefined) return;
  if (rules.tools === "none") throw invalid("This model doesn't support tool use.");
  if (rules.tools === "not streamed" && streaming) {
    throw invalid("This model doesn't support tool use in streaming mode.");
  }
}

function checkTools(body: JsonObject, rules: ConverseRules): void {
  const { tools, toolChoice } = asObject(body.toolConfig);
  const specs = objectsIn(tools).flatMap(({ toolSpec }) => (isObject(toolSpec) ? [toolSpec] : []));
  const names = specs.map(({ name }) => asString(name));
  if (tools !== undefined && specs.length === 0) {
    throw malformed(["#/toolConfig/tools: expected minimum item count: 1, found: 0"]);
  }
  if (names.some((name) => !TOOL_NAME.test(name))) {
    throw invalid(
      "1 validation error detected: Value at 'toolConfig.tools' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    );
  }
  if (new Set(names).size < names.length) throw invalid("The toolConfig has two tools of the same name.");
  for (const { description, inputSchema } of specs) {
    if (description === "")
      throw invalid("toolSpec.description: Member must have length greater than or equal to 1");
    checkSchema(asObject(asObject(inputSchema).json), rules);
  }
  const used = objectsIn(body.messages).some(({ content }) => {
    return has(objectsIn(content), "toolUse") || has(objectsIn(content), "toolResult");
  });
  if (used && specs.length === 0) {
    throw invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.");
  }
  if (isObject(toolChoice)) checkChoice(toolChoice, names, rules);
}

function checkSchema(schema: JsonObject, { flatSchemas }: ConverseRules): void {
  if (schema.type !== "object") {
    throw invalid(
      "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object.",
    );
  }
  const extra = flatSchemas ? Object.keys(schema).find((keyword) => !FLAT.includes(keyword)) : undefined;
  if (extra !== undefined)
    throw malformed([`#/toolConfig/tools/0: extraneous key [${extra}] is not permitted`]);
}

function checkChoice(choice: JsonObject, names: readonly string[], { toolChoices }: ConverseRules): void {
  const [kind = ""] = Object.keys(choice);
  if (!toolChoices.includes(kind)) {
    const field = `toolConfig.toolChoice.${kind}`;
    throw invalid(`This model doesn't support the ${field} field. Remove ${field} and try again.`);
  }
  const wanted = asObject(choice.tool).name;
  if (wanted !== undefined && !names.includes(asString(wanted))) {
    throw invalid(`The tool ${asString(wanted)} of toolChoice is not among the tools.`);
  }
}

function checkMetadata({ requestMetadata }: JsonObject): void {
  const pairs = Object.entries(asObject(requestMetadata));
  const fits = pairs.every(
    ([key, value]) => METADATA.test(key) && key !== "" && METADATA.test(asString(value)),
  );
  if (pairs.length > 16 || !fits || pairs.some(([, value]) => typeof value !== "string")) {
    throw invalid("1 validation error detected: Value at 'requestMetadata' failed to satisfy constraint");
  }
}

function askClaude(body: JsonObject, modelId: string): void {
  try {
    validateClaude(toClaude(body), resolveModel(modelId));
  } catch (thrown) {
    if (!(thrown instanceof BedrockError) || thrown.type !== "ValidationException") throw thrown;
    throw invalid(`The model returned the following errors: ${thrown.message}`);
  }
}

function checkCachePoints(body: JsonObject, { cachePoints }: ConverseRules): void {
  const messages = objectsIn(body.messages).map(({ content }) => objectsIn(content));
  const tools = objectsIn(asObject(body.toolConfig).tools);
  const lists = [tools, objectsIn(body.system), ...messages];
  const points = lists.flatMap((list) => list.filter((entry) => "cachePoint" in entry));
  if (points.length === 0) return;
  const misplaced =
    has(tools, "cachePoint") ||
    messages.some((list) => has(list, "cachePoint") && (has(list, "toolUse") || has(list, "toolResult"))) ||
    points.some(({ cachePoint }) => "ttl" in asObject(cachePoint));
  if (cachePoints === "nowhere" || misplaced) {
    throw new BedrockError(
      "AccessDeniedException",
      "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.",
    );
  }
  if (points.length > MOST_CACHE_POINTS) {
    throw invalid(`A maximum of ${MOST_CACHE_POINTS} cache points are allowed. Found ${points.length}.`);
  }
}

function checkExtras(body: JsonObject, rules: ConverseRules): void {
  const { textFormat, effort } = asObject(body.outputConfig);
  if (effort !== undefined) throw invalid("This model doesn't support the outputConfig.effort field.");
  if (textFormat !== undefined) {
    if (!rules.structured) throw invalid("This model doesn't support the outputConfig.textFormat field.");
    const { schema } = asObject(asObject(asObject(textFormat).structure).jsonSchema);
    if (parsed(asString(schema)).type !== "object") throw invalid("The JSON schema is not valid.");
  }
  const extras = asObject(body.additionalModelRequestFields);
  const unknown = Object.keys(extras).find((key) => !rules.extras.includes(key));
  if (unknown !== undefined) throw malformed([`#: extraneous key [${unknown}] is not permitted`]);
  const reasons = asObject(extras.reasoningConfig);
  const { maxTokens, temperature, topP } = asObject(body.inferenceConfig);
  const high = reasons.maxReasoningEffort === "high" && (maxTokens ?? topP) !== undefined;
  if (reasons.type === "enabled" && (high || temperature !== undefined)) {
    throw invalid("Malformed input request: inferenceConfig is not compatible with the reasoning effort.");
  }
}
