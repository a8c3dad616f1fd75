/**
 * How every family's answers are decoded: a family reads its model's messages; what they have in common is here. An answer
 * ends once, with its usage before the end, or behind it where the model counts later.
 */
import type { Encoded, Family, FamilyMessage } from "../../contracts.ts";
import type { Delta, Usage } from "../../chat/delta.ts";
import { RouterError } from "../../errors.ts";
import type { JsonObject } from "../../chat/request.ts";
import { isObject } from "../../lib/json.ts";
import {
  firstCounts,
  guardrailIntervened,
  headerCounts,
  invocationMetrics,
  replacedByGuardrail,
  type TokenCounts,
  usageOf,
} from "./bedrock-fields.ts";
import { type AnswerWriter, answerWriter, shapeOf } from "./writer.ts";

/** What a message says beside what it writes. */
export interface Reading {
  /** The model's own token counts, as far as this message tells; the newest of each stands. */
  readonly counts?: TokenCounts | undefined;
  /** Why the model stopped, in its own words; undefined while it goes on, empty where it does not say why. */
  readonly stop?: string | undefined;
  /** Of a part of the answer: whether it lacks the place for the reason. A guardrail's text comes like that. */
  readonly bare?: boolean;
  /** The model's own error: nothing follows. */
  readonly error?: RouterError | undefined;
}

/** Reads a message and writes what it holds; undefined for one that says nothing. */
export type ReadMessage = (payload: JsonObject, event: string) => Reading | undefined;

/** Begins to read one answer. */
export type AnswerFormat = (writer: AnswerWriter, encoded: Encoded) => ReadMessage;

/**
 * The two ways in which answers come.
 * @param messagesOf The messages that a whole answer would have been as a stream, so that both ways give the same; none
 *   for a body that is no finished answer. Unless given, a body is its only message.
 */
export function answersIn(
  format: AnswerFormat,
  messagesOf: (body: unknown) => readonly FamilyMessage[] = (payload) => [{ event: "chunk", payload }],
): Pick<Family, "decoder" | "decodeBody"> {
  return {
    decoder(encoded) {
      const answer = openAnswer(format, encoded);
      const chunks = encoded.operation.startsWith("invoke");
      return (message) => {
        if (chunks === (message.event === "chunk")) answer.take(message);
        return answer.out.splice(0);
      };
    },
    decodeBody(body, headers, encoded) {
      const answer = openAnswer(format, encoded, headerCounts(headers));
      for (const message of messagesOf(body)) answer.take(message);
      return answer.whole();
    },
  };
}

interface State {
  readonly out: Delta[];
  readonly writer: AnswerWriter;
  counts: TokenCounts;
  /** Bedrock's counts. */
  metrics: TokenCounts | undefined;
  /** What the client was told. */
  told: Usage | undefined;
  /** Whether any part of the answer came. */
  begun: boolean;
  intervened: boolean;
  phase: "open" | "finished" | "failed";
}

function openAnswer(format: AnswerFormat, encoded: Encoded, metrics?: TokenCounts) {
  const out: Delta[] = [];
  const writer = answerWriter(shapeOf(encoded), out);
  const read = format(writer, encoded);
  const state: State = {
    out,
    writer,
    counts: {},
    metrics,
    told: undefined,
    begun: false,
    intervened: false,
    phase: "open",
  };
  return {
    out,
    take({ event, payload }: FamilyMessage): void {
      // Writer's last chunk is the string "[DONE]".
      if (state.phase === "failed" || !isObject(payload)) return;
      state.intervened ||= guardrailIntervened(payload);
      state.metrics = invocationMetrics(payload) ?? state.metrics;
      take(read(payload, event) ?? {}, payload, state);
    },
    /** All deltas, of an answer that came as a whole. */
    whole(): Delta[] {
      // What a guardrail put in the model's place may come without a stop reason.
      if (state.phase === "open" && state.intervened && state.begun) end("", state);
      return state.phase === "open" ? incompleteAnswer() : out;
    },
  };
}

function take({ counts, stop, bare, error }: Reading, payload: JsonObject, state: State): void {
  if (counts !== undefined) state.counts = firstCounts(counts, state.counts);
  state.begun ||= bare !== undefined;
  if (state.phase === "finished") count(state);
  else if (error !== undefined) fail(error, state);
  else if (stop !== undefined || (bare && replacedByGuardrail(payload))) end(stop ?? "", state);
}

function end(reason: string, state: State): void {
  const { writer, out } = state;
  writer.close();
  count(state);
  const last = writer.finish(reason || undefined, state.intervened);
  out.push(last);
  state.phase = last.type === "finish" ? "finished" : "failed";
}

function fail(error: RouterError, state: State): void {
  state.out.push({ type: "error", error });
  state.phase = "failed";
}

function count(state: State): void {
  const usage = usageOf(firstCounts(state.counts, state.metrics));
  const { promptTokens, completionTokens } = state.told ?? {};
  if (usage === undefined) return;
  if (usage.promptTokens === promptTokens && usage.completionTokens === completionTokens) return;
  state.out.push({ type: "usage", usage });
  state.told = usage;
}

/** What stands in an answer's place that is no whole one. */
function incompleteAnswer(): Delta[] {
  const text = "The model's answer is incomplete: it has no content or no stop reason. Try again.";
  return [{ type: "error", error: new RouterError("upstream_error", text) }];
}
