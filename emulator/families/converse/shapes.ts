/** The request body of Converse and ConverseStream: Bedrock Runtime's service model, 2023-09-30. */
import {
  ANY_OBJECT,
  BOOLEAN,
  type Fields,
  list,
  object,
  oneOf,
  type Shape,
  STRING,
  union,
} from "../../bedrock/schema.ts";

const EMPTY = object({});
const FRACTION: Shape = { kind: "number", min: 0, max: 1 };

const cachePoint = object({ type: oneOf("default") }, { ttl: oneOf("5m", "1h") });
const image = object({
  format: oneOf("png", "jpeg", "gif", "webp"),
  source: union({ bytes: STRING, s3Location: ANY_OBJECT }),
});
const document = object(
  {
    name: STRING,
    source: union({
      bytes: STRING,
      text: STRING,
      content: list(union({ text: STRING })),
      s3Location: ANY_OBJECT,
    }),
  },
  {
    format: oneOf("pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"),
    context: STRING,
    citations: object({ enabled: BOOLEAN }),
  },
);
const media: Fields = { text: STRING, image, document, video: ANY_OBJECT };
const block = union({
  ...media,
  audio: ANY_OBJECT,
  toolUse: object({ toolUseId: STRING, name: STRING, input: ANY_OBJECT }, { type: oneOf("server_tool_use") }),
  toolResult: object(
    {
      toolUseId: STRING,
      content: list(union({ ...media, json: ANY_OBJECT, searchResult: ANY_OBJECT })),
    },
    { status: oneOf("success", "error"), type: STRING },
  ),
  guardContent: ANY_OBJECT,
  cachePoint,
  reasoningContent: union({
    reasoningText: object({ text: STRING }, { signature: STRING }),
    redactedContent: STRING,
  }),
  citationsContent: ANY_OBJECT,
  searchResult: ANY_OBJECT,
});
const tool = union({
  toolSpec: object(
    { name: STRING, inputSchema: union({ json: ANY_OBJECT }) },
    { description: STRING, strict: BOOLEAN },
  ),
  systemTool: object({ name: STRING }),
  cachePoint,
});
const guardrail: Fields = {
  guardrailIdentifier: STRING,
  guardrailVersion: STRING,
  trace: oneOf("enabled", "disabled", "enabled_full"),
};

const outputConfig = object(
  {},
  {
    effort: oneOf("low", "medium", "high", "xhigh", "max"),
    textFormat: object({
      type: oneOf("json_schema"),
      structure: union({
        jsonSchema: object({ schema: STRING }, { name: STRING, description: STRING }),
      }),
    }),
  },
);

/** @param streaming ConverseStream's guardrail has a mode more. */
export function requestShape(streaming: boolean): Shape {
  const mode: Fields = streaming ? { streamProcessingMode: oneOf("sync", "async") } : {};
  return object(
    { messages: list(object({ role: oneOf("user", "assistant", "system"), content: list(block) })) },
    {
      system: list(union({ text: STRING, guardContent: ANY_OBJECT, cachePoint })),
      inferenceConfig: object(
        {},
        {
          maxTokens: { kind: "integer", min: 1 },
          temperature: FRACTION,
          topP: FRACTION,
          stopSequences: list(STRING),
        },
      ),
      toolConfig: object(
        { tools: list(tool) },
        { toolChoice: union({ auto: EMPTY, any: EMPTY, tool: object({ name: STRING }) }) },
      ),
      guardrailConfig: object({}, { ...guardrail, ...mode }),
      additionalModelRequestFields: ANY_OBJECT,
      promptVariables: ANY_OBJECT,
      additionalModelResponseFieldPaths: list(STRING),
      requestMetadata: ANY_OBJECT,
      performanceConfig: object({}, { latency: oneOf("standard", "optimized") }),
      serviceTier: object({ type: oneOf("priority", "default", "flex", "reserved") }),
      outputConfig,
    },
  );
}
