/** Everything for which Bedrock or Cohere refuses a request, in the order in which they look. */
import { BedrockError, invalid, malformed } from "../../bedrock/errors.ts";
import {
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
import { asObject, asString, type JsonObject, objectsIn } from "../../json.ts";

const MODELS = new Set(["cohere.command-r-v1:0", "cohere.command-r-plus-v1:0"]);
const RETIRED = /^cohere\.command(?:-light)?-text-v14$/;
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const MOST_STOPS = 5;

const FRACTION: Shape = { kind: "number", min: 0, max: 1 };
const SETTINGS: Fields = {
  max_tokens: { kind: "integer", min: 1, max: 4000 },
  temperature: FRACTION,
  p: { kind: "number", min: 0.01, max: 0.99 },
  k: { kind: "integer", min: 0, max: 500 },
  frequency_penalty: FRACTION,
  presence_penalty: FRACTION,
  seed: { kind: "integer", min: 0 },
  stop_sequences: list(STRING),
  prompt_truncation: oneOf("OFF", "AUTO_PRESERVE_ORDER"),
  return_prompt: BOOLEAN,
  raw_prompting: BOOLEAN,
  search_queries_only: BOOLEAN,
};
const REQUEST = object(
  { message: STRING },
  {
    ...SETTINGS,
    chat_history: list(object({ role: oneOf("USER", "CHATBOT"), message: STRING })),
    documents: list(ANY_OBJECT),
    preamble: STRING,
    tools: list(object({ name: STRING, description: STRING }, { parameter_definitions: ANY_OBJECT })),
    tool_results: list(
      object({ call: object({ name: STRING, parameters: ANY_OBJECT }), outputs: list(ANY_OBJECT) }),
    ),
  },
);
const PARAMETER = object({ type: STRING }, { description: STRING, required: BOOLEAN });

/** Throws Bedrock's error for a model that does not exist or was retired. */
export function checkModel(id: string): void {
  if (RETIRED.test(id)) {
    throw new BedrockError(
      "ResourceNotFoundException",
      "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
    );
  }
  if (!MODELS.has(id)) throw invalid("The provided model identifier is invalid.");
}

/** Throws the BedrockError with which Command R would refuse `body`. */
export function validateCohere(body: JsonObject): void {
  const found = [...violations(body, REQUEST), ...parameterViolations(body)];
  if (found.length > 0) throw malformed(found);
  const results = objectsIn(body.tool_results);
  if (asString(body.message) === "" && results.length === 0) {
    throw invalid(
      "invalid request: message must be at least 1 token long or tool results must be specified.",
    );
  }
  const tools = objectsIn(body.tools);
  const names = tools.map(({ name }) => asString(name));
  const parameters = tools.flatMap((tool) => Object.keys(asObject(tool.parameter_definitions)));
  if (![...names, ...parameters].every((name) => NAME.test(name))) {
    throw invalid(
      "invalid request: tool and parameter names may hold only a-z, A-Z, 0-9 and _ and must not begin with a digit.",
    );
  }
  if (results.length > 0 && tools.length === 0) {
    throw invalid("invalid request: cannot specify tool_results without specifying tools.");
  }
  if (Array.isArray(body.stop_sequences) && body.stop_sequences.length > MOST_STOPS) {
    throw invalid(`invalid request: at most ${MOST_STOPS} stop sequences are allowed.`);
  }
}

function parameterViolations(body: JsonObject): string[] {
  return objectsIn(body.tools).flatMap((tool, at) =>
    Object.entries(asObject(tool.parameter_definitions)).flatMap(([name, definition]) =>
      violations(definition, PARAMETER, `#/tools/${at}/parameter_definitions/${name}`),
    ),
  );
}
