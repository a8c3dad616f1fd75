/** OpenAI's parameters with every model family: honoured, refused with their name, or reported; none is lost in silence. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/chat/request.ts";
import type { Said } from "../../support/native-answers.ts";
import { MODELS, type RepresentativeModel } from "../../support/representative-models.ts";
import { CITY, encode, readBody, refused, TOOLS } from "./ask.ts";

const SCHEMA = {
  type: "json_schema",
  json_schema: { name: "place", strict: true, schema: { ...CITY, additionalProperties: false } },
};

/** Each of OpenAI's parameters with a value that asks for something; the second is what it needs beside it. */
const PARAMETERS: [name: string, value: unknown, beside?: JsonObject][] = [
  ["audio", { voice: "alloy", format: "wav" }],
  ["frequency_penalty", 0.5],
  ["function_call", { name: "reboot" }, { functions: TOOLS.tools.map((one) => one.function) }],
  ["functions", TOOLS.tools.map((one) => one.function)],
  ["logit_bias", { "50256": -100 }],
  ["logprobs", true],
  ["max_completion_tokens", 77],
  ["max_tokens", 77],
  ["metadata", { team: "edge" }],
  ["modalities", ["text", "audio"]],
  ["n", 2],
  ["parallel_tool_calls", false, TOOLS],
  ["prediction", { type: "content", content: "guess" }],
  ["presence_penalty", 0.5],
  ["prompt_cache_key", "key"],
  ["prompt_cache_retention", "24h"],
  ["reasoning_effort", "high"],
  ["reasoning_effort", "low"],
  ["reasoning_effort", "minimal"],
  ["response_format", { type: "json_object" }],
  ["response_format", SCHEMA],
  ["response_format", { type: "json_schema", json_schema: { ...SCHEMA.json_schema, strict: false } }],
  ["safety_identifier", "someone"],
  ["seed", 42],
  ["service_tier", "priority"],
  ["stop", ["END"]],
  ["stop", ["one", "two", "three", "four"]],
  ["store", true],
  ["temperature", 0.3],
  ["temperature", 1.9],
  ["tool_choice", "required", TOOLS],
  ["tool_choice", { type: "function", function: { name: "reboot" } }, TOOLS],
  [
    "tool_choice",
    {
      type: "allowed_tools",
      allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "reboot" } }] },
    },
    TOOLS,
  ],
  ["tool_choice", "none", TOOLS],
  ["tools", TOOLS.tools],
  ["top_logprobs", 3],
  ["top_p", 0.4],
  ["user", "someone"],
  ["verbosity", "low"],
  ["web_search_options", {}],
  ["top_k", 40],
];

/** Meaning, not a hint: a model that cannot do it must say so. */
const NEVER_DROPPED = [
  "audio",
  "functions",
  "logit_bias",
  "logprobs",
  "modalities",
  "n",
  "tools",
  "top_logprobs",
  "web_search_options",
];

/** Where leaving a parameter out and saying so goes with doing what can be done of it. */
function isPartly(name: string, value: unknown): boolean {
  // Lowered, asked for in words, or done with the least effort that the model knows.
  return (
    name === "response_format" || name === "reasoning_effort" || (name === "temperature" && value === 1.9)
  );
}

const STOPPED: Said = { thoughts: [], texts: ["a two END b"], calls: [], stop: "end" };

type Outcome = "refused" | "reported" | "honoured";

function outcomes(
  row: RepresentativeModel,
  name: string,
  value: unknown,
  beside: JsonObject = {},
): Outcome[] {
  const request = { ...beside, [name]: value };
  const error = refused(row, request);
  if (error !== undefined) {
    // Without tools, what comes with the parameter may be refused first.
    const params = [name, ...Object.keys(beside)];
    expect(error).toMatchObject({ status: 400, code: "unsupported_parameter" });
    expect(params).toContain(Object(error).param);
    return ["refused"];
  }
  const { dropped, ...sent } = encode(row, request);
  const reported = dropped.includes(name);
  const possible = refused(row, beside) === undefined;
  const { dropped: _dropped, ...without } = encode(row, possible ? beside : {});
  // Where the rest alone is refused, as tools are, this parameter is what made the difference.
  const changes = JSON.stringify(sent) !== JSON.stringify(without);
  // A stop sequence that the model does not know is applied to its answer.
  const cut = readBody(row, STOPPED, possible ? request : {}).text !== readBody(row, STOPPED).text;
  const honoured = !possible || changes || cut;
  return [...(reported ? ["reported" as const] : []), ...(honoured ? ["honoured" as const] : [])];
}

describe.each([...MODELS])("%s", (_, row) => {
  it.each(PARAMETERS)("%s %j is honoured, refused or reported", (name, value, beside) => {
    const found = outcomes(row, name, value, beside);
    expect(found).toHaveLength(isPartly(name, value) && found.length === 2 ? 2 : 1);
    if (NEVER_DROPPED.includes(name)) expect(found).not.toContain("reported");
  });

  it("gets no number but the client's without saying so", () => {
    for (const temperature of [0, 0.3, 1, 1.9, 2]) {
      const { body, dropped } = encode(row, { temperature, max_tokens: 51 });
      const kept = JSON.stringify(body).includes(`"temperature":${temperature}`);
      expect({ temperature, kept }).toEqual({ temperature, kept: !dropped.includes("temperature") });
    }
  });
});
