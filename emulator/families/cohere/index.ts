/** Cohere Command R: one message, its history, flat tools. */
import { randomUUID } from "node:crypto";
import { compose } from "../../answer/compose.ts";
import { type Answer, type Tool, tokensIn } from "../../answer/conversation.ts";
import { userWords } from "../../answer/user-words.ts";
import { asObject, asString, type JsonObject, objectsIn, stringsIn } from "../../json.ts";
import { namedModel } from "../chat/models.ts";
import type { EmulatedFamily, Reply } from "../family.ts";
import { checkModel, validateCohere } from "./validate.ts";

const DEFAULT_TOKENS = 4000;
const REASON: Readonly<Record<Answer["stop"], string>> = {
  end: "COMPLETE",
  length: "MAX_TOKENS",
  stop_sequence: "COMPLETE",
  tool_use: "COMPLETE",
  refusal: "ERROR_TOXIC",
};
/** JSON Schema's names for Cohere's types. */
const TYPES: Readonly<Record<string, string>> = {
  str: "string",
  int: "integer",
  float: "number",
  bool: "boolean",
  Dict: "object",
};

/** How a history tells of a tool's result, since it has no place of its own for it. */
const TOLD = /^\[Result of the tool [^\n]*\]\n/;

export const cohere: EmulatedFamily = {
  name: "cohere",
  matches: (modelId) => namedModel(modelId).startsWith("cohere.command"),
  question: questionIn,
  validate(body, modelId) {
    checkModel(namedModel(modelId));
    validateCohere(body);
  },
  respond(body, modelId) {
    const answer = compose({
      question: questionIn(body),
      system: asString(body.preamble),
      toolResults: resultsIn(body),
      media: [],
      tools: objectsIn(body.tools).map(readTool),
      toolMode: { mode: "auto" },
      parallel: true,
      thinking: "off",
      received: body,
      maxTokens: typeof body.max_tokens === "number" ? body.max_tokens : DEFAULT_TOKENS,
      stop: stringsIn(body.stop_sequences),
    });
    const output = answer.outputTokens;
    const input = tokensIn(JSON.stringify(body).length);
    return { answer, usage: { input, output, billedOutput: output }, modelId };
  },
  shape: (reply, streaming) => (streaming ? eventsOf(reply) : [wholeBody(reply)]),
};

/** The newest words of the user. What the history tells of tools is none. */
function questionIn({ message, chat_history }: JsonObject): string {
  const words = userWords(asString(message));
  if (words !== "" || message === "") return words;
  const said = objectsIn(chat_history).filter(({ role }) => role === "USER");
  const texts = said.map((entry) => asString(entry.message)).filter((text) => !TOLD.test(text));
  return texts.map(userWords).findLast((text) => text !== "") ?? "";
}

/** The results that the model has not answered to yet; behind an agent's context block they are told by the history. */
function resultsIn({ tool_results, message, chat_history }: JsonObject): string[] {
  const results = objectsIn(tool_results).map(({ outputs }) => JSON.stringify(outputs));
  if (results.length > 0 || userWords(asString(message)) !== "") return results;
  const told = asString(objectsIn(chat_history).at(-1)?.message);
  return TOLD.test(told) ? [told.replace(TOLD, "")] : [];
}

function readTool({ name, parameter_definitions }: JsonObject): Tool {
  const definitions = Object.entries(asObject(parameter_definitions));
  const properties = definitions.map(([key, value]) => [
    key,
    parameterSchema(asString(asObject(value).type)),
  ]);
  const required = definitions.filter(([, value]) => asObject(value).required === true).map(([key]) => key);
  return {
    name: asString(name),
    schema: { type: "object", properties: Object.fromEntries(properties), required },
  };
}

function parameterSchema(type: string): JsonObject {
  const inner = /^List(?:\[(\w+)\])?$/.exec(type);
  if (inner) return { type: "array", items: parameterSchema(inner[1] ?? "str") };
  return { type: TYPES[type] ?? "string" };
}

/** The events of a stream; the last one repeats the whole answer. */
function eventsOf(reply: Reply): JsonObject[] {
  const pieces = reply.answer.blocks.flatMap((block) => (block.type === "text" ? block.pieces : []));
  const tool_calls = callsOf(reply.answer);
  const event = (event_type: string, more: JsonObject) => ({ is_finished: false, event_type, ...more });
  return [
    event("stream-start", { generation_id: randomUUID() }),
    ...pieces.map((text) => event("text-generation", { text })),
    ...(tool_calls.length > 0 ? [event("tool-calls-generation", { tool_calls })] : []),
    {
      is_finished: true,
      event_type: "stream-end",
      finish_reason: REASON[reply.answer.stop],
      response: wholeBody(reply),
    },
  ];
}

function wholeBody({ answer }: Reply): JsonObject {
  const texts = answer.blocks.flatMap((block) => (block.type === "text" ? block.pieces : []));
  const tool_calls = callsOf(answer);
  return {
    response_id: randomUUID(),
    text: texts.join(""),
    generation_id: randomUUID(),
    finish_reason: REASON[answer.stop],
    ...(tool_calls.length > 0 && { tool_calls }),
  };
}

function callsOf({ blocks }: Answer): JsonObject[] {
  return blocks.flatMap((block) =>
    block.type === "tool" ? [{ name: block.name, parameters: block.input }] : [],
  );
}
