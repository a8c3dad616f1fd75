/** The request body of the Messages API as Bedrock takes it, per model. */
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
} from "../../bedrock/schema.ts";
import type { ClaudeModel } from "./models.ts";

const ONE: Shape = oneOf("ephemeral");
const CACHE: Fields = { cache_control: object({ type: ONE }, { ttl: oneOf("5m", "1h") }) };
const CITATIONS: Fields = { citations: ANY };

const text = object({ type: STRING, text: STRING }, { ...CACHE, ...CITATIONS });
const base64Source = object({ type: STRING, media_type: STRING, data: STRING });
// Bedrock takes no URL and no file id as a source.
const image = object({ type: STRING, source: { kind: "tagged", shapes: { base64: base64Source } } }, CACHE);
const document = object(
  { type: STRING, source: { kind: "tagged", shapes: { base64: base64Source, text: base64Source } } },
  { ...CACHE, ...CITATIONS, title: STRING, context: STRING },
);
const resultContent: Shape = { kind: "tagged", shapes: { text, image, document } };

const block: Shape = {
  kind: "tagged",
  shapes: {
    text,
    image,
    document,
    thinking: object({ type: STRING, thinking: STRING, signature: STRING }),
    redacted_thinking: object({ type: STRING, data: STRING }),
    tool_use: object({ type: STRING, id: STRING, name: STRING, input: ANY_OBJECT }, CACHE),
    tool_result: object(
      { type: STRING, tool_use_id: STRING },
      { ...CACHE, content: { kind: "stringOr", other: list(resultContent) }, is_error: BOOLEAN },
    ),
  },
};

const message = object({ role: STRING, content: { kind: "stringOr", other: list(block) } });

/** The shape of a request to `model`; what a model does not have is an extraneous key. */
export function requestShape(model: ClaudeModel): Shape {
  const fraction: Shape = { kind: "number", min: 0, max: 1 };
  return object(
    { anthropic_version: STRING, max_tokens: { kind: "integer", min: 1 }, messages: list(message) },
    {
      anthropic_beta: list(STRING),
      system: { kind: "stringOr", other: list(text) },
      temperature: fraction,
      top_p: fraction,
      top_k: { kind: "integer", min: 0 },
      stop_sequences: list(STRING),
      metadata: object({}, { user_id: STRING }),
      tools: list(tool(model)),
      tool_choice: toolChoice(model),
      "amazon-bedrock-guardrailConfig": ANY_OBJECT,
      ...(model.thinking !== "none" && { thinking: thinking() }),
      ...outputConfig(model),
    },
  );
}

function tool(model: ClaudeModel): Shape {
  return object(
    { name: STRING, input_schema: ANY_OBJECT },
    { ...CACHE, type: oneOf("custom"), description: STRING, ...(model.structured && { strict: BOOLEAN }) },
  );
}

function toolChoice(model: ClaudeModel): Shape {
  const parallel: Fields = model.parallelSwitch ? { disable_parallel_tool_use: BOOLEAN } : {};
  return {
    kind: "tagged",
    shapes: {
      auto: object({ type: STRING }, parallel),
      any: object({ type: STRING }, parallel),
      tool: object({ type: STRING, name: STRING }, parallel),
      none: object({ type: STRING }),
    },
  };
}

function thinking(): Shape {
  const display: Fields = { display: oneOf("summarized", "omitted") };
  return {
    kind: "tagged",
    shapes: {
      enabled: object({ type: STRING, budget_tokens: { kind: "integer" } }, display),
      adaptive: object({ type: STRING }, display),
      disabled: object({ type: STRING }),
    },
  };
}

function outputConfig(model: ClaudeModel): Fields {
  const format: Shape = {
    kind: "tagged",
    shapes: { json_schema: object({ type: STRING, schema: ANY_OBJECT }) },
  };
  const members: Fields = {
    ...(model.efforts.length > 0 && { effort: oneOf(...model.efforts) }),
    ...(model.structured && { format }),
  };
  return Object.keys(members).length > 0 ? { output_config: object({}, members) } : {};
}
