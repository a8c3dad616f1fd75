/**
 * Answers as each kind of Bedrock model writes them, streamed and whole: the shapes of their documentation and recordings,
 * for what the contract of the families has to say about all of them.
 */
import type { FamilyMessage } from "../../src/families/family.ts";
import type { JsonObject } from "../../src/chat/request.ts";

/** What a model says, before it takes its own shape. */
export interface Said {
  readonly thoughts: readonly string[];
  readonly texts: readonly string[];
  readonly calls: readonly { readonly name: string; readonly input: JsonObject }[];
  readonly stop: "end" | "length" | "calls" | "blocked";
}

/** Prompt and answer of every answer here, in tokens. */
export const COUNTS = { prompt: 11, answer: 7 } as const;

/** A streamed answer; `end` is the message with which the model says that it has finished. */
export interface Streamed {
  readonly before: readonly FamilyMessage[];
  readonly end: FamilyMessage;
  readonly after: readonly FamilyMessage[];
}

/** One way of writing answers. */
export interface Wire {
  stream(said: Said): Streamed;
  body(said: Said): JsonObject;
}

/** The token counts that Bedrock puts into the headers of a whole answer. */
export const COUNT_HEADERS = {
  "x-amzn-bedrock-input-token-count": String(COUNTS.prompt),
  "x-amzn-bedrock-output-token-count": String(COUNTS.answer),
} as const;

const METRICS = {
  "amazon-bedrock-invocationMetrics": {
    inputTokenCount: COUNTS.prompt,
    outputTokenCount: COUNTS.answer,
    invocationLatency: 21,
    firstByteLatency: 9,
  },
};

const chunk = (payload: JsonObject): FamilyMessage => ({ event: "chunk", payload });
const callId = (index: number) => `callId00${index}`;

/** What Bedrock merges into the last chunk, and a guardrail's verdict. */
function sealed(payload: JsonObject, { stop }: Said): FamilyMessage {
  const verdict = stop === "blocked" && { "amazon-bedrock-guardrailAction": "INTERVENED" };
  return chunk({ ...payload, ...METRICS, ...verdict });
}

function marked(body: JsonObject, { stop }: Said): JsonObject {
  return stop === "blocked" ? { ...body, "amazon-bedrock-guardrailAction": "INTERVENED" } : body;
}

/** A model's words for why it stopped; a guardrail leaves the model's own. */
function reasons(end: string, length: string, calls = end): (said: Said) => string {
  return ({ stop }) => ({ end, length, calls, blocked: end })[stop];
}

/** JSON text in two pieces; a tool without parameters has none. */
function pieces(input: JsonObject): string[] {
  const json = JSON.stringify(input);
  return json === "{}" ? [] : [json.slice(0, 5), json.slice(5)];
}

// --- Claude ----------------------------------------------------------------------------------------------------

const claudeReason = reasons("end_turn", "max_tokens", "tool_use");

function claudeBlocks(said: Said): { start: JsonObject; deltas: JsonObject[]; whole: JsonObject }[] {
  const thinking = said.thoughts.join("");
  const text = said.texts.join("");
  const block = (start: JsonObject, deltas: JsonObject[], whole: JsonObject) => ({ start, deltas, whole });
  const signature = "c2lnbmF0dXJl";
  const thought = block(
    { type: "thinking", thinking: "", signature: "" },
    [
      ...said.thoughts.map((piece) => ({ type: "thinking_delta", thinking: piece })),
      { type: "signature_delta", signature },
    ],
    { type: "thinking", thinking, signature },
  );
  const spoken = block(
    { type: "text", text: "" },
    said.texts.map((piece) => ({ type: "text_delta", text: piece })),
    { type: "text", text },
  );
  const calls = said.calls.map(({ name, input }, index) => {
    const call = { type: "tool_use", id: callId(index), name };
    const deltas = ["", ...pieces(input)].map((json) => ({ type: "input_json_delta", partial_json: json }));
    return block({ ...call, input: {} }, deltas, { ...call, input });
  });
  return [...(thinking === "" ? [] : [thought]), ...(text === "" ? [] : [spoken]), ...calls];
}

const claude: Wire = {
  stream(said) {
    const usage = { input_tokens: COUNTS.prompt, output_tokens: 1 };
    return {
      before: [
        { type: "message_start", message: { role: "assistant", content: [], usage } },
        ...claudeBlocks(said).flatMap(({ start, deltas }, index) => [
          { type: "content_block_start", index, content_block: start },
          ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
          { type: "content_block_stop", index },
        ]),
        {
          type: "message_delta",
          delta: { stop_reason: claudeReason(said), stop_sequence: null },
          usage: { output_tokens: COUNTS.answer },
        },
      ].map(chunk),
      end: sealed({ type: "message_stop" }, said),
      after: [],
    };
  },
  body: (said) =>
    marked(
      {
        type: "message",
        role: "assistant",
        content: claudeBlocks(said).map(({ whole }) => whole),
        stop_reason: claudeReason(said),
        usage: { input_tokens: COUNTS.prompt, output_tokens: COUNTS.answer },
      },
      said,
    ),
};

// --- Nova and Converse -----------------------------------------------------------------------------------------

const AMAZON_COUNTS = { inputTokens: COUNTS.prompt, outputTokens: COUNTS.answer };
const amazonReason = reasons("end_turn", "max_tokens", "tool_use");

/** The events by name, without the usage. */
function amazonEvents(said: Said): [event: string, payload: JsonObject][] {
  const toolUse = (index: number, name: string) => ({ toolUseId: callId(index), name });
  const blocks: { start?: JsonObject; deltas: JsonObject[] }[] = [
    { deltas: said.thoughts.map((text) => ({ reasoningContent: { text } })) },
    { deltas: said.texts.map((text) => ({ text })) },
    ...said.calls.map(({ name, input }, index) => ({
      start: { toolUse: toolUse(index, name) },
      deltas: pieces(input).map((json) => ({ toolUse: { input: json } })),
    })),
  ].filter(({ deltas, ...more }) => deltas.length > 0 || "start" in more);
  return blocks.flatMap(({ start, deltas }, contentBlockIndex): [string, JsonObject][] => [
    ...(start ? [["contentBlockStart", { start, contentBlockIndex }] satisfies [string, JsonObject]] : []),
    ...deltas.map((delta): [string, JsonObject] => ["contentBlockDelta", { delta, contentBlockIndex }]),
    ["contentBlockStop", { contentBlockIndex }],
  ]);
}

function amazonBody(said: Said, stopReason: string): JsonObject {
  const content: JsonObject[] = [];
  const text = said.thoughts.join("");
  if (text !== "") content.push({ reasoningContent: { reasoningText: { text } } });
  if (said.texts.length > 0) content.push({ text: said.texts.join("") });
  for (const [index, { name, input }] of said.calls.entries()) {
    content.push({ toolUse: { toolUseId: callId(index), name, input } });
  }
  return { output: { message: { role: "assistant", content } }, stopReason, usage: AMAZON_COUNTS };
}

/** Each chunk has one member, named like Converse's events. */
const nova: Wire = {
  stream: (said) => ({
    before: [["messageStart", { role: "assistant" }] as const, ...amazonEvents(said)].map(
      ([event, payload]) => chunk({ [event]: payload }),
    ),
    end: chunk({
      messageStop: { stopReason: amazonReason(said) },
      ...(said.stop === "blocked" && { "amazon-bedrock-guardrailAction": "INTERVENED" }),
    }),
    after: [sealed({ metadata: { usage: AMAZON_COUNTS, metrics: {} } }, said)],
  }),
  body: (said) => marked(amazonBody(said, amazonReason(said)), said),
};

/** The guardrail's verdict is a stop reason. */
const converseReason = (said: Said) =>
  said.stop === "blocked" ? "guardrail_intervened" : amazonReason(said);

const converse: Wire = {
  stream(said) {
    const messages = amazonEvents(said).map(([event, payload]) => ({ event, payload }));
    return {
      before: [{ event: "messageStart", payload: { role: "assistant" } }, ...messages],
      end: { event: "messageStop", payload: { stopReason: converseReason(said) } },
      after: [{ event: "metadata", payload: { usage: AMAZON_COUNTS, metrics: { latencyMs: 4 } } }],
    };
  },
  body: (said) => amazonBody(said, converseReason(said)),
};

// --- OpenAI's shape --------------------------------------------------------------------------------------------

const chatReason = reasons("stop", "length", "tool_calls");
const CHAT_COUNTS = { prompt_tokens: COUNTS.prompt, completion_tokens: COUNTS.answer, total_tokens: 18 };

/** How reasoning stands in the content. */
type Thinking = (thoughts: readonly string[]) => string[];
const inPairs: Thinking = (thoughts) => thoughts.map((text) => `<reasoning>${text}</reasoning>`);
const inTags: Thinking = (thoughts) =>
  thoughts.length === 0 ? [] : ["<thi", "nk>", ...thoughts, "</th", "ink>", "\n\n"];
const inBrackets: Thinking = (thoughts) =>
  thoughts.length === 0 ? [] : ["[THI", "NK]", ...thoughts, "[/THINK]"];

function wholeCalls({ calls }: Said): JsonObject {
  if (calls.length === 0) return {};
  const tool_calls = calls.map(({ name, input }, index) => {
    const args = pieces(input).join("");
    return { id: callId(index), type: "function", function: { name, arguments: args } };
  });
  return { tool_calls };
}

function chat(thinking: Thinking): Wire {
  const open = (delta: JsonObject) => chunk({ choices: [{ index: 0, delta, finish_reason: null }] });
  return {
    stream: (said) => ({
      before: [
        { role: "assistant", content: "" },
        ...[...thinking(said.thoughts), ...said.texts].map((content) => ({ content })),
        ...said.calls.flatMap(({ name, input }, index) => [
          { tool_calls: [{ index, id: callId(index), type: "function", function: { name, arguments: "" } }] },
          ...pieces(input).map((json) => ({ tool_calls: [{ index, function: { arguments: json } }] })),
        ]),
      ].map(open),
      end: sealed({ choices: [{ index: 0, delta: {}, finish_reason: chatReason(said) }] }, said),
      after: [],
    }),
    body(said) {
      const content = [...thinking(said.thoughts), ...said.texts].join("");
      const message = { role: "assistant", content, ...wholeCalls(said) };
      const choice = { index: 0, message, finish_reason: chatReason(said) };
      return marked({ choices: [choice], usage: CHAT_COUNTS }, said);
    },
  };
}

/** The chat form of the older Mistral models: messages for deltas, the calls whole and with the end. */
const mistralClassic: Wire = {
  stream(said) {
    const message = (content: string, more: JsonObject = {}) => ({ role: "assistant", content, ...more });
    const choice = (piece: JsonObject, stop_reason: string | null) => ({
      choices: [{ index: 0, message: piece, stop_reason }],
    });
    return {
      before: said.texts.map((text) => chunk(choice(message(text), null))),
      end: sealed(choice(message("", wholeCalls(said)), chatReason(said)), said),
      after: [],
    };
  },
  body(said) {
    const message = { role: "assistant", content: said.texts.join(""), ...wholeCalls(said) };
    return marked({ choices: [{ index: 0, message, stop_reason: chatReason(said) }] }, said);
  },
};

// --- Text only -------------------------------------------------------------------------------------------------

/** Models whose chunks are pieces of text and whose last chunk has the reason. */
function textWire(
  piece: (text: string, reason: string | null) => JsonObject,
  reason: (said: Said) => string,
) {
  return (opening: (thoughts: readonly string[]) => string[] = () => []): Wire => ({
    stream: (said) => ({
      before: [...opening(said.thoughts), ...said.texts].map((text) => chunk(piece(text, null))),
      end: sealed(piece("", reason(said)), said),
      after: [],
    }),
    body: (said) => marked(piece([...opening(said.thoughts), ...said.texts].join(""), reason(said)), said),
  });
}

const textReason = reasons("stop", "length");
const choiceText = textWire((text, stop_reason) => ({ choices: [{ text, stop_reason }] }), textReason);

const titan: Wire = {
  stream: (said) => ({
    before: said.texts.map((outputText) =>
      chunk({ outputText, index: 0, completionReason: null, inputTextTokenCount: COUNTS.prompt }),
    ),
    end: sealed(
      {
        outputText: "",
        index: 0,
        completionReason: reasons("FINISH", "LENGTH")(said),
        inputTextTokenCount: COUNTS.prompt,
        totalOutputTextTokenCount: COUNTS.answer,
      },
      said,
    ),
    after: [],
  }),
  body(said) {
    const completionReason = reasons("FINISH", "LENGTH")(said);
    const result = { tokenCount: COUNTS.answer, outputText: said.texts.join(""), completionReason };
    return marked({ inputTextTokenCount: COUNTS.prompt, results: [result] }, said);
  },
};

function cohereWhole(said: Said): JsonObject {
  const tool_calls = said.calls.map(({ name, input }) => ({ name, parameters: input }));
  return {
    text: said.texts.join(""),
    finish_reason: reasons("COMPLETE", "MAX_TOKENS")(said),
    ...(tool_calls.length > 0 && { tool_calls }),
  };
}

const cohere: Wire = {
  stream(said) {
    const { tool_calls } = cohereWhole(said);
    const event = (event_type: string, more: JsonObject) =>
      chunk({ is_finished: false, event_type, ...more });
    const response = cohereWhole(said);
    const { finish_reason } = response;
    return {
      before: [
        event("stream-start", { generation_id: "g" }),
        ...said.texts.map((text) => event("text-generation", { text })),
        ...(tool_calls === undefined ? [] : [event("tool-calls-generation", { tool_calls })]),
      ],
      end: sealed({ is_finished: true, event_type: "stream-end", finish_reason, response }, said),
      after: [],
    };
  },
  body: (said) => marked(cohereWhole(said), said),
};

/** Every way of writing answers, by name. */
export const WIRES = {
  claude,
  cohere,
  converse,
  nova,
  titan,
  chatInBrackets: chat(inBrackets),
  chatInPairs: chat(inPairs),
  chatInTags: chat(inTags),
  completion: choiceText(inTags),
  llama: textWire(
    (generation, stop_reason) => ({
      generation,
      prompt_token_count: COUNTS.prompt,
      generation_token_count: COUNTS.answer,
      stop_reason,
    }),
    textReason,
  )(),
  mistralClassic,
  mistralText: textWire((text, stop_reason) => ({ outputs: [{ text, stop_reason }] }), textReason)(),
  // The prompt has opened the reasoning already.
  r1: choiceText((thoughts) => (thoughts.length === 0 ? ["</think>\n\n"] : [...thoughts, "</think>\n\n"])),
} as const satisfies Record<string, Wire>;
