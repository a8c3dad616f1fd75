/**
 * Converse's answers as deltas. A whole answer is decoded as the stream it would have been, so both ways give the same.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
 */
import type { Delta, Encoded, FamilyMessage } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import type { JsonObject } from "../../openai/types.ts";
import { usageOf } from "../bedrock-fields.ts";
import { finishDelta } from "../finish.ts";
import { asCount, asObject, asText, isObject } from "../json.ts";
import { stopDeltas } from "../stop-deltas.ts";
import { type AnswerRules, type AnswerWriter, answerWriter } from "./answer.ts";

/** What `encode` hands to the decoder beside what is sent. */
export interface ConverseEncoded extends Encoded {
  readonly answer: AnswerRules;
}

const PLAIN: AnswerRules = { plainToolNames: false };

/** What was read of one answer so far. */
interface State {
  readonly out: Delta[];
  readonly writer: AnswerWriter;
  /** `failed`: the model says that its answer is broken, and nothing follows. */
  phase: "open" | "finished" | "failed";
  counted: boolean;
}

type ReadEvent = (payload: JsonObject, state: State) => void;

/** By `:event-type`; `messageStart` says nothing that is not known. */
const EVENTS: ReadonlyMap<string, ReadEvent> = new Map([
  ["contentBlockStart", openBlock],
  ["contentBlockDelta", readPiece],
  [
    "contentBlockStop",
    ({ contentBlockIndex }: JsonObject, { writer }: State) => writer.close(contentBlockIndex),
  ],
  ["messageStop", finish],
  ["metadata", readUsage],
]);

/** A fresh decoder for one answer of ConverseStream, whose usage comes behind its end. */
export function decodeStream(encoded: Encoded): (message: FamilyMessage) => Delta[] {
  const out: Delta[] = [];
  const rules = isConverseEncoded(encoded) ? encoded.answer : PLAIN;
  const state: State = { out, writer: answerWriter(rules, out), phase: "open", counted: false };
  const stopped = stopDeltas(encoded.decoding?.stop ?? []);
  return ({ event, payload }) => {
    const live = state.phase === "open" || (state.phase === "finished" && event === "metadata");
    if (live && isObject(payload)) EVENTS.get(event)?.(payload, state);
    return stopped(out.splice(0));
  };
}

function isConverseEncoded(encoded: Encoded): encoded is ConverseEncoded {
  return "answer" in encoded && isObject(encoded.answer);
}

function openBlock({ start, contentBlockIndex }: JsonObject, { writer }: State): void {
  const { toolUse } = asObject(start) ?? {};
  if (isObject(toolUse)) writer.openCall(contentBlockIndex, asText(toolUse.toolUseId), asText(toolUse.name));
}

function readPiece({ delta, contentBlockIndex }: JsonObject, { writer }: State): void {
  const { text, toolUse, reasoningContent } = asObject(delta) ?? {};
  if (typeof text === "string") writer.text(text);
  if (isObject(toolUse)) writer.callInput(contentBlockIndex, toolUse.input);
  if (isObject(reasoningContent)) {
    const { text: thought, signature, redactedContent } = reasoningContent;
    writer.reasoning(contentBlockIndex, asText(thought), asText(signature), asText(redactedContent));
  }
}

function finish({ stopReason }: JsonObject, state: State): void {
  const { writer, out } = state;
  writer.end();
  // The guardrail's verdict is one of the stop reasons.
  const facts = { calledTools: writer.calledTools(), guardrailIntervened: false };
  const last = finishDelta(asText(stopReason) || undefined, facts);
  out.push(last);
  state.phase = last.type === "finish" ? "finished" : "failed";
}

function readUsage(payload: JsonObject, state: State): void {
  const usage = asObject(payload.usage);
  const counts = usageOf({
    input: asCount(usage?.inputTokens),
    output: asCount(usage?.outputTokens),
    cacheRead: asCount(usage?.cacheReadInputTokens),
    cacheWrite: asCount(usage?.cacheWriteInputTokens),
  });
  if (counts === undefined || state.counted) return;
  state.counted = true;
  state.out.push({ type: "usage", usage: counts });
}

/** The deltas of a whole answer of Converse; an `error` delta for a body that is not a finished answer. */
export function decodeBody(body: unknown, _headers: Headers, encoded: Encoded): Delta[] {
  const { output, stopReason, usage } = asObject(body) ?? {};
  const content = asObject(asObject(output)?.message)?.content;
  if (typeof stopReason !== "string" || !Array.isArray(content)) {
    const text = "The model's answer is incomplete: it has no content or no stop reason. Try again.";
    return [{ type: "error", error: new RouterError("upstream_error", text) }];
  }
  const decode = decodeStream(encoded);
  const events: FamilyMessage[] = [
    ...content.flatMap(blockEvents),
    { event: "metadata", payload: { usage } },
    { event: "messageStop", payload: { stopReason } },
  ];
  return events.flatMap((event) => decode(event));
}

function blockEvents(block: unknown, contentBlockIndex: number): FamilyMessage[] {
  const { text, toolUse, reasoningContent, citationsContent } = asObject(block) ?? {};
  const event = (name: string, payload: JsonObject): FamilyMessage => ({
    event: name,
    payload: { ...payload, contentBlockIndex },
  });
  const pieces: JsonObject[] = [];
  if (typeof text === "string") pieces.push({ text });
  if (isObject(toolUse)) pieces.push({ toolUse });
  const thinking = asObject(reasoningContent);
  if (thinking) pieces.push({ reasoningContent: asObject(thinking.reasoningText) ?? thinking });
  const cited = asObject(citationsContent)?.content;
  if (Array.isArray(cited)) pieces.push(...cited.filter(isObject));
  return [
    ...(isObject(toolUse) ? [event("contentBlockStart", { start: { toolUse } })] : []),
    ...pieces.map((delta) => event("contentBlockDelta", { delta })),
    event("contentBlockStop", {}),
  ];
}
