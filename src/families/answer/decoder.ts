/**
 * How every family's answers are decoded: a family reads its model's messages; what they have in common is here. An answer
 * ends once, with its usage before the end, or behind it where the model counts later.
 */
import type { FamilyCall, FamilyMessage } from "../family.ts";
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
import { type AnswerShape, type AnswerWriter, answerWriter } from "./writer.ts";

/** What a message says beside what it writes. */
export interface Reading {
  /** The model's own token counts, as far as this message tells; the newest of each stands. */
  readonly counts?: TokenCounts | undefined;
  /** Why the model stopped, in its own words; undefined while it goes on, empty where it does not say why. */
  readonly stop?: string | undefined;
  /** Of a part of the answer: whether it lacks the place for the reason. A guardrail's text comes like that. */
  readonly bare?: boolean;
  /** The stop sequence that ended the answer, where the model tells it. */
  readonly sequence?: string | undefined;
  /** What the model says about a refusal. */
  readonly details?: JsonObject | undefined;
  /** Counts to tell at once, before the answer begins; they are no part of the bill. */
  readonly early?: TokenCounts | undefined;
  /** The model's own error: nothing follows. */
  readonly error?: RouterError | undefined;
}

/** Reads a message and writes what it holds; undefined for one that says nothing. */
export type ReadMessage = (payload: JsonObject, event: string) => Reading | undefined;

/** Begins to read one answer. */
export type AnswerFormat = (writer: AnswerWriter) => ReadMessage;

/** How the answer to a request is read. */
export interface AnswerReading {
  readonly format: AnswerFormat;
  readonly shape?: AnswerShape;
  /**
   * The messages that a whole answer would have been as a stream, so that both ways give the same; none for a body that is
   * no finished answer. Unless given, a body is its only message.
   */
  readonly messagesOf?: (body: unknown) => readonly FamilyMessage[];
}

const ONE_CHUNK = (payload: unknown): readonly FamilyMessage[] => [{ event: "chunk", payload }];

/** What a family sends, with the two ways in which its answer may come. */
export function familyCall(
  sent: Omit<FamilyCall, "stream" | "whole">,
  { format, shape = {}, messagesOf = ONE_CHUNK }: AnswerReading,
): FamilyCall {
  return {
    ...sent,
    stream() {
      const answer = openAnswer(format, shape);
      const chunks = sent.operation.startsWith("invoke");
      return (message) => {
        if (chunks === (message.event === "chunk")) answer.take(message);
        return answer.out.splice(0);
      };
    },
    whole(body, headers) {
      const answer = openAnswer(format, shape, headerCounts(headers));
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

function openAnswer(format: AnswerFormat, shape: AnswerShape, metrics?: TokenCounts) {
  const out: Delta[] = [];
  const writer = answerWriter(shape, out);
  const read = format(writer);
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
      if (state.phase === "open" && state.intervened && state.begun) end({}, state);
      return state.phase === "open" ? incompleteAnswer() : out;
    },
  };
}

function take(reading: Reading, payload: JsonObject, state: State): void {
  const { counts, stop, bare, error, early } = reading;
  if (counts !== undefined) state.counts = firstCounts(counts, state.counts);
  state.begun ||= bare !== undefined;
  if (early !== undefined && state.phase === "open") tell(usageOf(early), state);
  if (state.phase === "finished") count(state);
  else if (error !== undefined) fail(error, state);
  else if (stop !== undefined || (bare && replacedByGuardrail(payload))) end(reading, state);
}

function end({ stop, sequence, details }: Reading, state: State): void {
  const { writer, out, intervened } = state;
  writer.close();
  count(state);
  const last = writer.finish(stop || undefined, { guardrailIntervened: intervened, stop: sequence, details });
  out.push(last);
  state.phase = last.type === "finish" ? "finished" : "failed";
}

function fail(error: RouterError, state: State): void {
  state.out.push({ type: "error", error });
  state.phase = "failed";
}

function count(state: State): void {
  tell(usageOf(firstCounts(state.counts, state.metrics)), state);
}

function tell(usage: Usage | undefined, state: State): void {
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
