/** A Responses request → the neutral form and the way in which its answer is written. */

import { sessionOfBody } from "../../../chat/session-name.ts";
import type { AnswerIdentity, Exchange } from "../../../chat/dialect.ts";
import type {
  ChatMessage,
  ChatRequest,
  JsonObject,
  Param,
  ReasoningEffort,
  ResponseFormat,
} from "../../../chat/request.ts";
import {
  invalid,
  isUnset,
  listAt,
  objectAt,
  optionalBoolean,
  optionalNumber,
  optionalText,
  optionalWord,
  textAt,
} from "../../fields.ts";
import { checkEchoes } from "./echoes.ts";
import { type ResponseEncoder, responseEvents } from "./events.ts";
import { inputMessages } from "./input.ts";
import { responseParams } from "./params.ts";
import { responseFrame } from "./response.ts";
import { type ToolBook, toolBook, toolChoice } from "./tools.ts";
import { wholeResponse } from "./whole.ts";

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
const MOST_FIELDS = 500;
const MOST_INCLUDES = 100;

/** An exchange whose stream can tell the response object, which a store keeps. */
export interface ResponsesExchange extends Exchange {
  stream(identity: AnswerIdentity): ResponseEncoder;
}

/**
 * @param body The request's JSON, its stored parts put in already; `store` says whether the answer will be kept.
 * @param before How many items of its input are stored ones that went before the client's own.
 * @throws RouterError with `param` in OpenAI's words
 */
export function parseResponses(body: unknown, before = 0): ResponsesExchange {
  const wire = objectAt(body, "body");
  if (Object.keys(wire).length > MOST_FIELDS) throw invalid("body", `expected at most ${MOST_FIELDS} fields`);
  const book = toolBook();
  book.add(wire.tools, "tools");
  const { messages, dropped, called } = inputMessages(wire.input, book, before);
  const choice = toolChoice(wire.tool_choice, book);
  const alone = book.tools.length === 0 && choice?.type !== "none";
  const reasoning = isUnset(wire.reasoning) ? {} : objectAt(wire.reasoning, "reasoning");
  const text = isUnset(wire.text) ? {} : objectAt(wire.text, "text");
  checkEchoes(wire, text, reasoning);
  const format = responseFormat(text);
  const effort = optionalWord<ReasoningEffort>(reasoning.effort, "reasoning.effort", EFFORTS);
  const includes = includedFields(wire);
  const params = [
    ...responseParams(wire, alone ? dropped : [...dropped, ...hostedNames(book)]),
    ...nestedParams(text, format, effort, includes),
  ];
  const request: ChatRequest = {
    model: optionalText(wire.model, "model")?.trim() || "auto",
    messages: [...instructions(wire), ...messages],
    stream: optionalBoolean(wire.stream, "stream") ?? false,
    n: 1,
    stop: [],
    tools: book.tools,
    // Beside functions a hosted tool is a loss that the answer names; alone it is all that the request is about.
    otherTools: alone ? book.hosted : [],
    responseFormat: format,
    params,
    ...sessionOfBody(wire),
    source: { dialect: "openai-responses", body: wire, before },
    ...settings(wire),
    ...(choice && { toolChoice: choice }),
    ...(effort && { reasoningEffort: effort }),
  };
  const stored = wire.store === true;
  const carried = includes.has("reasoning.encrypted_content");
  const shown = carried || !isUnset(reasoning.summary) || !isUnset(reasoning.generate_summary);
  const stream = (identity: AnswerIdentity): ResponseEncoder =>
    responseEvents({
      id: identity.id,
      frame: () => responseFrame(wire, identity, stored),
      reasoning: () => ({ shown, carried, kept: stored, model: identity.model }),
      book,
      called,
    });
  return {
    request,
    stream,
    whole: (identity, [answer]) => {
      if (!answer) throw new TypeError("a response has one answer");
      return wholeResponse(stream(identity), answer);
    },
  };
}

function instructions(wire: JsonObject): ChatMessage[] {
  const text = optionalText(wire.instructions, "instructions");
  if (text === undefined || text === "") return [];
  return [{ role: "system", content: [{ type: "text", text, param: "instructions" }] }];
}

function settings(wire: JsonObject): Partial<ChatRequest> {
  const maxTokens = optionalNumber(wire.max_output_tokens, "max_output_tokens", {
    least: 1,
    most: 2 ** 31,
    whole: true,
  });
  const temperature = optionalNumber(wire.temperature, "temperature", { least: 0, most: 2 });
  const topP = optionalNumber(wire.top_p, "top_p", { least: 0, most: 1 });
  const parallelToolCalls = optionalBoolean(wire.parallel_tool_calls, "parallel_tool_calls");
  const serviceTier = optionalText(wire.service_tier, "service_tier");
  const user = optionalText(wire.user, "user");
  return {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    ...(serviceTier !== undefined && { serviceTier }),
    ...(user !== undefined && { user }),
    ...(isUnset(wire.metadata) ? {} : { metadata: objectAt(wire.metadata, "metadata") }),
  };
}

function responseFormat(text: JsonObject): ResponseFormat {
  if (isUnset(text.format)) return { type: "text" };
  const param = "text.format";
  const format = objectAt(text.format, param);
  const type = optionalWord(format.type, `${param}.type`, ["text", "json_object", "json_schema"]);
  if (type !== "json_schema") return { type: type ?? "text" };
  const description = optionalText(format.description, `${param}.description`);
  return {
    type,
    name: textAt(format.name, `${param}.name`),
    schema: objectAt(format.schema, `${param}.schema`),
    strict: optionalBoolean(format.strict, `${param}.strict`) ?? false,
    ...(description !== undefined && { description }),
  };
}

function includedFields(wire: JsonObject): ReadonlySet<string> {
  if (isUnset(wire.include)) return new Set();
  const entries = listAt(wire.include, "include", MOST_INCLUDES);
  return new Set(entries.map((entry, index) => textAt(entry, `include[${index}]`)));
}

/** What stands inside `text`, `reasoning` and `include`, under its full name. */
function nestedParams(
  text: JsonObject,
  format: ResponseFormat,
  effort: ReasoningEffort | undefined,
  includes: ReadonlySet<string>,
): Param[] {
  const params: Param[] = [];
  if (format.type !== "text") {
    const advice = "Leave it out or use another model.";
    params.push({
      name: "text.format",
      concept: "response_format",
      value: text.format,
      silent: false,
      advice,
    });
  }
  if (!isUnset(text.verbosity)) {
    const silent = text.verbosity === "medium";
    params.push({ name: "text.verbosity", concept: undefined, value: text.verbosity, silent });
  }
  if (effort !== undefined) {
    params.push({ name: "reasoning.effort", concept: "reasoning", value: effort, silent: effort === "none" });
  }
  if (includes.has("message.output_text.logprobs")) {
    params.push({ name: "include.logprobs", concept: undefined, value: true, silent: false });
  }
  return params;
}

/** `tools.web_search` and the like, each once. */
function hostedNames({ hosted }: ToolBook): string[] {
  return [...new Set(hosted.map(({ kind }) => `tools.${kind}`))];
}
