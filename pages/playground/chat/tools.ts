/** The example tools. They run in this page and ask nobody. */
import { isObject, type JsonObject, parseJson, textOf } from "../../lib/json.ts";
import { calculate } from "./calculator.ts";

export interface PageTool {
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** As the model is told. */
  readonly description: string;
  /** A JSON Schema. */
  readonly parameters: JsonObject;
  /** The result for the model. Throws an Error for arguments that make no sense. */
  readonly run: (input: JsonObject) => JsonObject;
}

const WEATHER: PageTool = {
  name: "get_weather",
  label: "Weather (made up)",
  description: "The current weather in a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string", description: "Name of the city, e.g. Oslo" } },
    required: ["city"],
    additionalProperties: false,
  },
  run: (input) => weatherIn(wanted(input, "city")),
};

const CALCULATOR: PageTool = {
  name: "calculator",
  label: "Calculator",
  description: "Evaluates an arithmetic expression with + - * / % ^ and brackets.",
  parameters: {
    type: "object",
    properties: { expression: { type: "string", description: "For example (2 + 3) * 4.5" } },
    required: ["expression"],
    additionalProperties: false,
  },
  run(input) {
    const expression = wanted(input, "expression");
    return { expression, result: calculate(expression) };
  },
};

export const TOOLS: readonly PageTool[] = [WEATHER, CALCULATOR];

/** A tool in OpenAI's words. */
export function toolDefinition({ name, description, parameters }: PageTool): JsonObject {
  return { type: "function", function: { name, description, parameters } };
}

/**
 * Runs the tool of that name; what goes wrong is told in the result, so that the model can try again.
 * @param text The arguments as the model wrote them; empty means none.
 */
export function runTool(name: string, text: string): JsonObject {
  const tool = TOOLS.find((candidate) => candidate.name === name);
  if (!tool) return { error: `There is no tool '${name}'.` };
  const input = parseJson(text.trim() === "" ? "{}" : text);
  if (!isObject(input)) return { error: "The arguments are not a JSON object." };
  try {
    return tool.run(input);
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown.message : "The tool failed." };
  }
}

function wanted(input: JsonObject, name: string): string {
  const value = textOf(input[name])?.trim();
  if (!value) throw new Error(`'${name}' is missing.`);
  return value;
}

const SKIES = ["clear", "cloudy", "light rain", "snow", "windy", "fog"];

/** The same for the same name, so that a demonstration can be repeated. */
function weatherIn(city: string): JsonObject {
  let seed = 7;
  for (const letter of city.toLowerCase()) seed = (seed * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return {
    city,
    temperature_celsius: (seed % 38) - 6,
    sky: SKIES[seed % SKIES.length] ?? "clear",
    note: "made-up example data",
  };
}
