/** Fields that no model sees but that the answer repeats: a value that is not what it should be would spoil the answer's form. */
import type { JsonObject } from "../../../chat/request.ts";
import {
  invalid,
  isUnset,
  objectAt,
  optionalBoolean,
  optionalNumber,
  optionalText,
  optionalWord,
} from "../../fields.ts";

const MOST_METADATA = 100;

/** @throws RouterError `invalid_value` with the field's name */
export function checkEchoes(wire: JsonObject, text: JsonObject, reasoning: JsonObject): void {
  optionalBoolean(wire.background, "background");
  optionalText(wire.prompt_cache_key, "prompt_cache_key");
  optionalText(wire.safety_identifier, "safety_identifier");
  optionalWord(wire.truncation, "truncation", ["auto", "disabled"]);
  optionalNumber(wire.max_tool_calls, "max_tool_calls", { least: 1, most: 2 ** 31, whole: true });
  optionalNumber(wire.top_logprobs, "top_logprobs", { least: 0, most: 20, whole: true });
  optionalWord(text.verbosity, "text.verbosity", ["low", "medium", "high"]);
  optionalWord(reasoning.summary, "reasoning.summary", ["auto", "concise", "detailed"]);
  checkMetadata(wire.metadata);
}

function checkMetadata(value: unknown): void {
  if (isUnset(value)) return;
  const entries = Object.entries(objectAt(value, "metadata"));
  if (entries.length > MOST_METADATA) throw invalid("metadata", `expected at most ${MOST_METADATA} members`);
  if (entries.some(([, member]) => typeof member !== "string")) {
    throw invalid("metadata", "expected texts as members");
  }
}
