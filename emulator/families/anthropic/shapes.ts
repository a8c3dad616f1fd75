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
const searchResult = object(
  { type: STRING, source: STRING, title: STRING, content: list(ANY_OBJECT) },
  { ...CACHE, ...CITATIONS },
);
const toolReference = object({ type: STRING, tool_name: STRING }, CACHE);
const resultContent: Shape = {
  kind: "tagged",
  shapes: { text, image, document, search_result: searchResult, tool_reference: toolReference },
};

const block: Shape = {
  kind: "tagged",
  shapes: {
    text,
    image,
    document,
    search_result: searchResult,
    tool_addition: ANY_OBJECT,
    tool_removal: ANY_OBJECT,
    thinking: object({ type: STRING, thinking: STRING, signature: STRING }),
    redacted_thinking: object({ type: STRING, data: STRING }),
    tool_use: object({ type: STRING, id: STRING, name: STRING, input: ANY_OBJECT }, CACHE),
    tool_result: object(
      { type: STRING, tool_use_id: STRING },
      { ...CACHE, content: { kind: "stringOr", other: list(resultContent) }, is_error: BOOLEAN },
    ),
  },
};

const message = object(
  { role: STRING, content: { kind: "stringOr", other: list(block) } },
  { output_config: ANY_OBJECT },
);

/** Tools that the client runs but Claude was trained on; their versions are part of the type. */
const CLIENT_TOOLS = [
  ...["bash_20250124", "text_editor_20250124", "text_editor_20250429", "text_editor_20250728"],
  ...["memory_20250818", "computer_20250124", "computer_20251124"],
];

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
      context_management: ANY_OBJECT,
      "amazon-bedrock-guardrailConfig": ANY_OBJECT,
      ...(model.thinking !== "none" && { thinking: thinking(model) }),
      ...outputConfig(model),
    },
  );
}

function tool(model: ClaudeModel): Shape {
  const custom = {
    ...{ ...CACHE, type: oneOf("custom"), description: STRING, defer_loading: BOOLEAN },
    ...{ input_examples: list(ANY_OBJECT), ...(model.structured && { strict: BOOLEAN }) },
  };
  const typed = object({ type: STRING, name: STRING }, { ...CACHE, max_characters: ANY, ...DISPLAY });
  return {
    kind: "toolOr",
    custom: object({ name: STRING, input_schema: ANY_OBJECT }, custom),
    typed: Object.fromEntries(CLIENT_TOOLS.map((type) => [type, typed])),
  };
}

const DISPLAY: Fields = { display_width_px: ANY, display_height_px: ANY, display_number: ANY };

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

function thinking(model: ClaudeModel): Shape {
  const newer = model.thinking === "adaptive";
  const display: Fields = {
    display: oneOf("summarized", "omitted", ...(newer ? ["updates"] : [])),
    ...(newer && { block_binding: ANY_OBJECT }),
  };
  return {
    kind: "tagged",
    shapes: {
      enabled: object({ type: STRING, budget_tokens: { kind: "integer" } }, display),
      adaptive: object({ type: STRING }, display),
      disabled: object({ type: STRING }),
      ...(model.thinkingOff.includes("between_tools") && { between_tools: object({ type: STRING }) }),
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
