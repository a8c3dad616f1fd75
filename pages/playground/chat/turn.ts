/** A question to its answer: as many requests as the model's tool calls take. */
import type { Model } from "../api/client.ts";
import { asApiError } from "../api/error.ts";
import type { Transport } from "../api/transport.ts";
import { type JsonObject, textOf } from "../../lib/json.ts";
import { type Figures, figuresOf } from "../metrics/figures.ts";
import { Answer, type ToolCall } from "./answer.ts";
import type { Item } from "./thread.ts";
import { runTool } from "./tools.ts";

/** A model that calls tools for ever has to be ended by somebody. */
const MAX_STEPS = 8;

/** Shows an answer as it grows. */
export interface AnswerView {
  /** The answer has grown. */
  grown(): void;
  /** Something to know beside the answer, such as a connection that broke and is there again. */
  note(text: string): void;
  /** It is over: whole, stopped or failed, as the answer says. */
  ended(): void;
}

export interface Turn {
  readonly transport: Transport;
  /** The conversation; what comes is put at its end. */
  readonly items: Item[];
  /** The request of a step: the first is 0. */
  readonly request: (step: number) => JsonObject;
  readonly show: (answer: Answer, body: JsonObject) => AnswerView;
  readonly showTool: (call: ToolCall, result: JsonObject) => void;
  readonly modelNamed: (name: string | undefined) => Model | undefined;
  /** An answer arrived whole. */
  readonly measured: (answer: Answer, figures: Figures) => void;
  readonly signal: AbortSignal;
}

/** Runs a turn to its end. Never rejects: what goes wrong is shown. */
export async function runTurn(turn: Turn): Promise<void> {
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const { answer, view } = await ask(turn, turn.request(step));
    if (!answer.complete || answer.calls.length === 0) return;
    // Also when the person stopped just now: a call without its result would spoil the conversation.
    for (const call of answer.calls) {
      const result = runTool(call.name, call.arguments);
      turn.items.push({ kind: "tool", call, result });
      turn.showTool(call, result);
    }
    if (turn.signal.aborted) return;
    if (step === MAX_STEPS - 1) view.note(`Stopped after ${MAX_STEPS} steps of tool calls.`);
  }
}

async function ask(turn: Turn, body: JsonObject): Promise<{ answer: Answer; view: AnswerView }> {
  const { transport, items, modelNamed, signal } = turn;
  const answer = new Answer(performance.now(), textOf(body.model));
  const view = turn.show(answer, body);
  items.push({ kind: "answer", answer });
  try {
    await transport.send(body, listenerFor(answer, view), signal);
    answer.complete = true;
  } catch (thrown) {
    answer.stopped = signal.aborted;
    if (!signal.aborted) answer.problem = asApiError(thrown);
  }
  answer.endedAt = performance.now();
  const figures = figuresOf(answer, modelNamed(answer.by));
  answer.figures = figures;
  view.ended();
  if (answer.complete) turn.measured(answer, figures);
  return { answer, view };
}

function listenerFor(answer: Answer, view: AnswerView): Parameters<Transport["send"]>[1] {
  return {
    route(route) {
      answer.route = route;
      view.grown();
    },
    chunk(chunk) {
      answer.add(chunk, performance.now());
      view.grown();
    },
    resumed: () => view.note("The connection was lost and is there again; nothing is missing."),
  };
}
