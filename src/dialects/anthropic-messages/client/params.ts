/** The top-level fields of a Messages request in the one vocabulary in which it is judged what a model cannot honour. */
import type { ChatRequest, Concept, Param } from "../../../chat/request.ts";
import { asObject, type JsonObject } from "../../../lib/json.ts";
import { NO_TOOLS, OTHER_MODEL } from "../../silent-fields.ts";

interface Meaning {
  readonly concept: Concept;
  /** Whether this value asks for nothing, so that leaving it out changes nothing. */
  readonly silent?: (value: unknown) => boolean;
  /** What to do instead; only for what changes the meaning of the answer. */
  readonly advice?: string;
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const isOfType =
  (...types: unknown[]) =>
  (value: unknown): boolean =>
    types.includes(asObject(value)?.type);

const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["max_tokens", { concept: "max_tokens" }],
  ["stop_sequences", { concept: "stop", silent: isEmpty, advice: OTHER_MODEL }],
  ["temperature", { concept: "temperature" }],
  ["top_p", { concept: "top_p" }],
  ["top_k", { concept: "top_k" }],
  ["tools", { concept: "tools", silent: isEmpty, advice: NO_TOOLS }],
  ["tool_choice", { concept: "tool_choice", silent: isOfType("auto", "none"), advice: NO_TOOLS }],
  ["thinking", { concept: "reasoning", silent: isOfType("disabled") }],
  ["output_config.effort", { concept: "reasoning" }],
  ["output_config.format", { concept: "response_format", advice: OTHER_MODEL }],
  ["output_format", { concept: "response_format", advice: OTHER_MODEL }],
  ["metadata.user_id", { concept: "user" }],
]);

/** What every target gets in some form, or what concerns this router alone. */
const OWN: ReadonlySet<string> = new Set([
  ...["model", "messages", "system", "stream", "betas", "anthropic_beta", "anthropic_version"],
  // A mark for a cache that no target must have.
  "cache_control",
]);
/** Fields whose members are told apart. */
const SPLIT: ReadonlySet<string> = new Set(["output_config", "metadata"]);

/** @param otherTools Those that may be left out are named as such. */
export function paramsOf(body: JsonObject, otherTools: ChatRequest["otherTools"]): Param[] {
  const params: Param[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (OWN.has(name) || value === null) continue;
    const members = SPLIT.has(name) ? asObject(value) : undefined;
    if (members === undefined) params.push(param(name, value));
    else for (const [inner, entry] of Object.entries(members)) params.push(param(`${name}.${inner}`, entry));
  }
  for (const { kind, optional } of otherTools) {
    if (optional) params.push({ name: kind, concept: undefined, value: kind, silent: false });
  }
  const { disable_parallel_tool_use: serial } = asObject(body.tool_choice) ?? {};
  if (serial === true) {
    const name = "tool_choice.disable_parallel_tool_use";
    params.push({ name, concept: "parallel_tool_calls", value: false, silent: false });
  }
  return params;
}

function param(name: string, value: unknown): Param {
  const { concept, silent, advice } = MEANINGS.get(name) ?? {};
  return {
    name,
    concept,
    value,
    silent: value === null || (silent?.(value) ?? false),
    ...(advice !== undefined && { advice }),
  };
}
