/** A whole answer as a response object: its parts are played to the encoder of the stream, so that both tell the same. */
import type { Delta } from "../../../chat/delta.ts";
import type { Folded } from "../../../chat/fold.ts";
import type { JsonObject } from "../../../chat/request.ts";
import type { ResponseEncoder } from "./events.ts";

/** @param encoder A fresh one. */
export function wholeResponse(encoder: ResponseEncoder, answer: Folded): JsonObject {
  for (const delta of deltasOf(answer)) encoder.push(delta, () => {});
  encoder.end(() => {});
  return encoder.snapshot();
}

function* deltasOf(answer: Folded): Generator<Delta> {
  if (answer.reasoning.every(({ kind }) => kind === "redacted") && answer.reasoningText !== "") {
    yield { type: "reasoning", text: answer.reasoningText };
  }
  for (const block of answer.reasoning) {
    if (block.kind !== "redacted") yield { type: "reasoning", text: block.text };
    yield { type: "reasoning_block", block };
  }
  if (answer.text !== "") yield { type: "text", text: answer.text };
  if (answer.refusal !== "") yield { type: "refusal", text: answer.refusal };
  for (const [index, call] of answer.toolCalls.entries()) {
    yield { type: "tool_start", index, id: call.id, name: call.name };
    yield { type: "tool_arguments", index, text: call.arguments };
  }
  if (answer.usage) yield { type: "usage", usage: answer.usage };
  yield { type: "finish", reason: answer.finishReason };
}
