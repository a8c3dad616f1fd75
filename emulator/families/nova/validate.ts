/** Everything for which Bedrock or Nova refuses a request, in the order in which they look. */
import { tokensIn } from "../../answer/conversation.ts";
import { invalid, malformed } from "../../bedrock/errors.ts";
import { ANY_OBJECT, list, object, oneOf, type Shape, STRING, violations } from "../../bedrock/schema.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn } from "../../json.ts";
import { checkTurns } from "./messages.ts";
import type { NovaModel } from "./models.ts";

const MOST_CACHE_POINTS = 4;
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const FRACTION: Shape = { kind: "number", min: 0, max: 1 };
const POINT = object({ type: oneOf("default") });
const IMAGE = object({
  format: oneOf("png", "jpeg", "gif", "webp"),
  source: object({ bytes: STRING }),
});
const RESULT = object(
  { toolUseId: STRING, content: list(object({}, { text: STRING, json: ANY_OBJECT, image: IMAGE })) },
  { status: oneOf("success", "error") },
);
const BLOCK = object(
  {},
  {
    text: STRING,
    image: IMAGE,
    toolUse: object({ toolUseId: STRING, name: STRING, input: ANY_OBJECT }),
    toolResult: RESULT,
    cachePoint: POINT,
  },
);
const TOOL = object({
  toolSpec: object(
    {
      name: STRING,
      inputSchema: object({
        json: object({ type: oneOf("object"), properties: ANY_OBJECT }, { required: list(STRING) }),
      }),
    },
    { description: STRING },
  ),
});
const CHOICE = object({}, { auto: object({}), any: object({}), tool: object({ name: STRING }) });

function requestShape(model: NovaModel): Shape {
  return object(
    { messages: list(object({ role: oneOf("user", "assistant"), content: list(BLOCK) })) },
    {
      schemaVersion: oneOf("messages-v1"),
      system: list(object({ text: STRING }, { cachePoint: POINT })),
      inferenceConfig: object(
        {},
        {
          maxTokens: { kind: "integer", min: 1 },
          temperature: FRACTION,
          topP: FRACTION,
          topK: { kind: "integer", min: 0, max: 128 },
          stopSequences: list(STRING),
        },
      ),
      toolConfig: object({ tools: list(TOOL) }, { toolChoice: CHOICE }),
      ...(model.reasoning && {
        reasoningConfig: object(
          { type: oneOf("enabled", "disabled") },
          { maxReasoningEffort: oneOf("low", "medium", "high") },
        ),
      }),
    },
  );
}

/** Throws the BedrockError with which `model` would refuse `body`. */
export function validateNova(body: JsonObject, model: NovaModel): void {
  const found = violations(body, requestShape(model));
  for (const key of ["system", "messages"]) {
    const value = body[key];
    if (Array.isArray(value) && value.length === 0) {
      found.push(`#/${key}: expected minimum item count: 1, found: 0`);
    }
  }
  if (found.length > 0) throw malformed(found);
  checkTurns(body, model);
  checkSettings(body, model);
  checkTools(body);
  checkCachePoints(body);
  if (promptTokens(body) > model.context) throw invalid("Input is too long for requested model.");
}

function checkSettings(body: JsonObject, model: NovaModel): void {
  const config = asObject(body.inferenceConfig);
  if (Number(config.maxTokens ?? 1) > model.maxOutput) {
    throw invalid(
      `The maximum tokens you requested exceeds the model limit of ${model.maxOutput}. Try again with a maximum tokens value that is lower than ${model.maxOutput}.`,
    );
  }
  const reasoning = asObject(body.reasoningConfig);
  if (reasoning.type !== "enabled") return;
  const excluded = reasoning.maxReasoningEffort === "high" ? ["maxTokens", "topP", "topK"] : [];
  const set = ["temperature", ...excluded].find((name) => name in config);
  if (set !== undefined) {
    throw invalid(`${set} must be unset when maxReasoningEffort is ${reasoning.maxReasoningEffort}`);
  }
}

function checkTools(body: JsonObject): void {
  const { tools, toolChoice } = asObject(body.toolConfig);
  const names = objectsIn(tools).map((tool) => asString(asObject(tool.toolSpec).name));
  if (names.some((name) => !TOOL_NAME.test(name))) {
    throw invalid(`toolConfig.tools: name must satisfy regular expression pattern: [a-zA-Z0-9_-]+`);
  }
  if (new Set(names).size < names.length) throw invalid("The toolConfig has two tools of the same name.");
  if (tools !== undefined && names.length === 0) {
    throw malformed(["#/toolConfig/tools: expected minimum item count: 1, found: 0"]);
  }
  const usesTools = objectsIn(body.messages).some(({ content }) => objectsIn(content).some(isToolBlock));
  if (usesTools && names.length === 0) {
    throw invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.");
  }
  if (!isObject(toolChoice)) return;
  if (Object.keys(toolChoice).length !== 1) {
    throw malformed(["#/toolConfig/toolChoice: expected one of auto, any, tool"]);
  }
  const wanted = asObject(toolChoice.tool).name;
  if (wanted !== undefined && !names.includes(asString(wanted))) {
    throw invalid(`The tool ${asString(wanted)} of toolChoice is not among the tools.`);
  }
}

function isToolBlock(block: JsonObject): boolean {
  return "toolUse" in block || "toolResult" in block;
}

/** On a message with tool content the key is not known at all. */
function checkCachePoints(body: JsonObject): void {
  let points = objectsIn(body.system).filter(hasPoint).length;
  const found: string[] = [];
  for (const [at, { content }] of objectsIn(body.messages).entries()) {
    const blocks = objectsIn(content);
    const tools = blocks.some(isToolBlock);
    for (const [index, block] of blocks.entries()) {
      if (!hasPoint(block)) continue;
      points += 1;
      if (tools || !("text" in block)) {
        found.push(`#/messages/${at}/content/${index}: extraneous key [cachePoint] is not permitted`);
      }
    }
  }
  if (found.length > 0) throw malformed(found);
  if (points > MOST_CACHE_POINTS) {
    throw invalid(`A maximum of ${MOST_CACHE_POINTS} cache points are allowed. Found ${points}.`);
  }
}

function hasPoint(block: JsonObject): boolean {
  return "cachePoint" in block;
}

/** Tokens of everything that was sent; an image counts as what Nova bills for one. */
export function promptTokens(body: JsonObject): number {
  let images = 0;
  const json = JSON.stringify([body.system, body.messages, body.toolConfig], (key, value: unknown) => {
    if (key !== "bytes") return value;
    images += 1;
    return undefined;
  });
  return tokensIn(json.length) + images * 1300;
}
