/** A Converse request as Claude itself gets it, so that Claude's own rules can be applied to it. */
import { asObject, asString, type JsonObject, objectsIn } from "../../json.ts";

/** Asked for where the request names no number. */
const DEFAULT_TOKENS = 4096;

/** The body of the Messages API that Bedrock makes of a valid Converse body. */
export function toClaude(body: JsonObject): JsonObject {
  const { maxTokens, temperature, topP, stopSequences } = asObject(body.inferenceConfig);
  const { tools, toolChoice } = asObject(body.toolConfig);
  const { output_config, ...extras } = asObject(body.additionalModelRequestFields);
  const output = { ...asObject(output_config), ...outputConfig(asObject(body.outputConfig)) };
  return present({
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: maxTokens ?? DEFAULT_TOKENS,
    system: body.system === undefined ? undefined : cached(objectsIn(body.system), block),
    messages: objectsIn(body.messages).map(({ role, content }) => ({
      role,
      content: cached(objectsIn(content), block),
    })),
    temperature,
    top_p: topP,
    stop_sequences: stopSequences,
    tools: tools === undefined ? undefined : cached(objectsIn(tools), tool),
    tool_choice: toolChoice === undefined ? undefined : choice(asObject(toolChoice)),
    output_config: Object.keys(output).length > 0 ? output : undefined,
    ...extras,
  });
}

/** A cache point marks what stands before it. */
function cached(list: readonly JsonObject[], convert: (entry: JsonObject) => JsonObject): JsonObject[] {
  const converted: JsonObject[] = [];
  for (const entry of list) {
    const last = converted.at(-1);
    if (!("cachePoint" in entry)) converted.push(convert(entry));
    else if (last) last.cache_control = present({ type: "ephemeral", ttl: asObject(entry.cachePoint).ttl });
  }
  return converted;
}

function block(entry: JsonObject): JsonObject {
  const { text, image, document, toolUse, toolResult, reasoningContent } = entry;
  if (image !== undefined) {
    const { format, source } = asObject(image);
    return { type: "image", source: base64(`image/${asString(format)}`, source) };
  }
  if (document !== undefined) return documentBlock(asObject(document));
  if (toolUse !== undefined) {
    const { toolUseId, name, input } = asObject(toolUse);
    return { type: "tool_use", id: toolUseId, name, input };
  }
  if (toolResult !== undefined) {
    const { toolUseId, content, status } = asObject(toolResult);
    const failed = status === "error" ? { is_error: true } : {};
    return { type: "tool_result", tool_use_id: toolUseId, content: objectsIn(content).map(block), ...failed };
  }
  if (reasoningContent !== undefined) {
    const { reasoningText, redactedContent } = asObject(reasoningContent);
    if (redactedContent !== undefined) return { type: "redacted_thinking", data: redactedContent };
    const { text: thinking, signature = "" } = asObject(reasoningText);
    return { type: "thinking", thinking, signature };
  }
  return { type: "text", text: text ?? JSON.stringify(entry.json) };
}

/** Claude reads PDF itself; of other documents Bedrock gives it the text. */
function documentBlock({ format, name, source }: JsonObject): JsonObject {
  if (format === "pdf") return { type: "document", title: name, source: base64("application/pdf", source) };
  const data = Buffer.from(asString(asObject(source).bytes), "base64").toString("utf8");
  return { type: "document", title: name, source: { type: "text", media_type: "text/plain", data } };
}

function base64(mediaType: string, source: unknown): JsonObject {
  return { type: "base64", media_type: mediaType, data: asObject(source).bytes };
}

function tool({ toolSpec }: JsonObject): JsonObject {
  const { name, description, inputSchema, strict } = asObject(toolSpec);
  return present({ name, description, input_schema: asObject(inputSchema).json, strict });
}

function choice(toolChoice: JsonObject): JsonObject {
  const [type = "auto"] = Object.keys(toolChoice);
  return present({ type, name: asObject(toolChoice.tool).name });
}

function outputConfig({ effort, textFormat }: JsonObject): JsonObject {
  const schema = asObject(asObject(asObject(textFormat).structure).jsonSchema).schema;
  const format =
    textFormat === undefined ? undefined : { type: "json_schema", schema: parsed(asString(schema)) };
  return present({ effort, format });
}

/** The object that a JSON text holds; an empty one for what is none. */
export function parsed(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

function present(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
