/** The fields of a Messages body, one editor each: from the client's JSON text to what Bedrock takes. */
import { asObject, asText, type JsonObject } from "../../../lib/json.ts";
import { editedObject, listText, textElements, textMembers } from "../../../lib/json-edit.ts";
import { invalidValue, unsupportedParameter } from "../../request/refusals.ts";
import { editMessages, isEmptyText, markedText } from "./conversation.ts";
import type { BodyPlan, BodySurface } from "./plan.ts";
import { editTools, historyTools } from "./tools.ts";

/** @param own The field as the client wrote it; undefined where it did not. @returns undefined for no field. */
export type FieldEdit = (own: string | undefined, plan: BodyPlan) => string | undefined;

/** What Bedrock takes as `metadata.user_id`; Claude Code's is a JSON text. */
const USER_ID = /^[A-Za-z0-9 _:@$#=/+,.-]{0,256}$/;

/** What is edited for every API. */
const EDITS: readonly (readonly [string, FieldEdit])[] = [
  ["messages", (own = "[]", { messages, rules }) => editMessages(messages, own, rules)],
  ["max_tokens", (own, { body, maxTokens }) => (body.max_tokens === maxTokens ? own : String(maxTokens))],
  ["tools", editToolList],
  ["tool_choice", editToolChoice],
  ["stop_sequences", editStops],
  ["thinking", editThinkingField],
  ["output_config", editOutput],
  ["temperature", (own, plan) => (takesTemperature(plan) ? own : undefined)],
  ["top_p", (own, plan) => (takesTopP(plan) ? own : undefined)],
  ["top_k", (own, plan) => (takesTopK(plan) ? own : undefined)],
  ["context_management", editContext],
];
const BEDROCK: readonly (readonly [string, FieldEdit])[] = [
  ...EDITS,
  ["system", editSystem],
  ["metadata", editMetadata],
];
/** The model is named in the body. */
const NAMED: readonly [string, FieldEdit] = ["model", (_own, { modelId }) => JSON.stringify(modelId)];

/** The editors of a body for an API. Bedrock is sent no other field; Anthropic gets all others as they are. */
export const FIELD_EDITS: Readonly<Record<BodySurface, ReadonlyMap<string, FieldEdit>>> = {
  invoke: new Map<string, FieldEdit>([
    ...BEDROCK,
    ["anthropic_version", () => JSON.stringify("bedrock-2023-05-31")],
    ["anthropic_beta", (_own, { betas }) => (betas.length > 0 ? JSON.stringify(betas) : undefined)],
  ]),
  messages: new Map<string, FieldEdit>([...BEDROCK, NAMED, ["stream", (own) => own]]),
  anthropic: new Map<string, FieldEdit>([
    ...EDITS,
    NAMED,
    // Some clients put into the body what belongs into the head.
    ["betas", () => undefined],
    ["anthropic_beta", () => undefined],
    ["anthropic_version", () => undefined],
  ]),
};

/** Fields that are not for the model: they have their place in the path or the head, or are told above under another name. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...["model", "stream", "betas", "anthropic_beta", "anthropic_version"],
  ...["cache_control", "output_format"],
]);

/** The names of what the client loses, as it wrote them. */
export function lostFields(plan: BodyPlan): string[] {
  const { body, surface, maxTokens, thinking, context, marks, lostTools } = plan;
  const has = (key: string): boolean => body[key] !== undefined && body[key] !== null;
  const lost = (key: string, is: boolean): string[] => (has(key) && is ? [key] : []);
  return [
    ...(surface === "anthropic"
      ? []
      : Object.keys(body).filter((key) => has(key) && isUnknown(key, surface))),
    ...lost("max_tokens", maxTokens < Number(body.max_tokens)),
    ...lost("temperature", !takesTemperature(plan)),
    ...lost("top_p", !takesTopP(plan)),
    ...lost("top_k", !takesTopK(plan)),
    ...lost("stop_sequences", blanksOf(body.stop_sequences)),
    ...lost("context_management", context.lost),
    ...(surface !== "anthropic" && isLostUser(body.metadata) ? ["metadata.user_id"] : []),
    ...(marks.lost ? ["cache_control"] : []),
    ...thinking.dropped,
    ...lostTools,
  ];
}

function isUnknown(key: string, surface: BodySurface): boolean {
  return !FIELD_EDITS[surface].has(key) && !ELSEWHERE.has(key);
}

function isLostUser(metadata: unknown): boolean {
  return isSet(asObject(metadata)?.user_id) && !isTaken(metadata);
}

function written(value: JsonObject | undefined): string | undefined {
  return value && JSON.stringify(value);
}

function editThinkingField(
  own: string | undefined,
  { body, thinking: { thinking } }: BodyPlan,
): string | undefined {
  return thinking === asObject(body.thinking) ? withoutNulls(own, thinking) : written(thinking);
}

/** Members that the client has not set. */
function withoutNulls(own: string | undefined, value: JsonObject = {}): string | undefined {
  const unset = Object.keys(value).filter((key) => value[key] === null);
  if (own === undefined || unset.length === 0) return own;
  return editedObject(own, new Map(unset.map((key) => [key, undefined])));
}

function editContext(own: string | undefined, { body, context: { field } }: BodyPlan): string | undefined {
  return field === asObject(body.context_management) ? own : written(field);
}

function editMetadata(_own: string | undefined, { body: { metadata } }: BodyPlan): string | undefined {
  return isTaken(metadata) ? written({ user_id: asObject(metadata)?.user_id }) : undefined;
}

function editSystem(own: string | undefined, { body, marks }: BodyPlan): string | undefined {
  if (own === undefined) return undefined;
  if (!Array.isArray(body.system)) {
    const mark = marks.edits.get(body);
    return mark === undefined ? own : markedText(own, mark);
  }
  const blocks = body.system.map((block: unknown) => asObject(block));
  const stands = (block: JsonObject | undefined): boolean => block === undefined || !isEmptyText(block);
  if (blocks.every((block) => stands(block) && !(block && marks.edits.has(block)))) return own;
  const edited = textElements(own).flatMap((text, index) => {
    const block = blocks[index];
    if (!stands(block)) return [];
    if (block === undefined || !marks.edits.has(block)) return [text];
    return [editedObject(text, new Map([["cache_control", marks.edits.get(block)]]))];
  });
  return edited.length > 0 ? listText(edited) : undefined;
}

function editToolList(
  own: string | undefined,
  { tools, toolRules, marks, messages }: BodyPlan,
): string | undefined {
  if (own !== undefined && tools.length > 0) return editTools(tools, own, toolRules, marks.edits);
  return historyTools(messages);
}

/** Where the tools are only those of the history, none of them is to be called. */
function editToolChoice(
  own: string | undefined,
  { body, tools, messages, model }: BodyPlan,
): string | undefined {
  if (tools.length > 0) {
    checkChoice(body, tools);
    return withoutNulls(own, asObject(body.tool_choice));
  }
  checkNoChoice(body);
  return model.toolChoiceFields && historyTools(messages) !== undefined ? '{"type":"none"}' : undefined;
}

/** @throws RouterError where the tool that is to be called could not be offered. */
function checkChoice({ tools, tool_choice: choice }: JsonObject, kept: BodyPlan["tools"]): void {
  const { type, name } = asObject(choice) ?? {};
  if (type !== "tool" || !Array.isArray(tools) || kept.some(({ tool }) => tool.name === name)) return;
  if (!tools.some((tool: unknown) => asObject(tool)?.name === name)) return;
  throw unsupportedParameter("tool_choice", "the tool that it names cannot be offered to this model.");
}

/** @throws RouterError where a call is asked for, but there is no tool: an answer in words would pass over it. */
function checkNoChoice({ tools, tool_choice: choice }: JsonObject): void {
  const type = asObject(choice)?.type;
  if (type !== "any" && type !== "tool") return;
  if (!Array.isArray(tools) || tools.length === 0) {
    throw invalidValue("tool_choice", "it asks for a tool call, but there are no tools");
  }
  throw unsupportedParameter("tool_choice", "the tools cannot be offered to this model.");
}

/** Claude refuses a stop sequence of white space only. */
function editStops(own: string | undefined, { body }: BodyPlan): string | undefined {
  if (own === undefined || !Array.isArray(body.stop_sequences)) return undefined;
  if (!blanksOf(body.stop_sequences)) return own;
  const sequences = body.stop_sequences.map(asText);
  const kept = textElements(own).filter((_text, index) => sequences[index]?.trim() !== "");
  return kept.length > 0 ? listText(kept) : undefined;
}

function blanksOf(value: unknown): boolean {
  return Array.isArray(value) && value.some((sequence) => asText(sequence).trim() === "");
}

/** Effort and format; what else stands there (`task_budget`) Bedrock does not know. */
function editOutput(own: string | undefined, plan: BodyPlan): string | undefined {
  const { body, thinking, model, surface } = plan;
  const effort = thinking.effort === undefined ? undefined : JSON.stringify(thinking.effort);
  const asked = asObject(body.output_config);
  if (surface === "anthropic") return editOwnOutput(own, asked?.effort, effort);
  const members = own === undefined || asked === undefined ? [] : textMembers(own);
  const older = body.output_format === null ? undefined : written(asObject(body.output_format));
  const wanted = members.find(({ key, value }) => key === "format" && value !== "null")?.value ?? older;
  const format = model.structuredOutput ? wanted : undefined;
  const parts = [
    ...(effort === undefined ? [] : [`"effort":${effort}`]),
    ...(format === undefined ? [] : [`"format":${format}`]),
  ];
  return parts.length > 0 ? `{${parts.join(",")}}` : undefined;
}

/** Only the effort, where the model knows another. */
function editOwnOutput(
  own: string | undefined,
  asked: unknown,
  effort: string | undefined,
): string | undefined {
  if (own === undefined) return effort && `{"effort":${effort}}`;
  const same = isSet(asked) ? JSON.stringify(asked) === effort : effort === undefined;
  return same ? own : editedObject(own, new Map([["effort", effort]]));
}

function takesTemperature({ body, model, thinksOnDemand }: BodyPlan): boolean {
  return isSet(body.temperature) && model.sampling !== "none" && (!thinksOnDemand || body.temperature === 1);
}

function takesTopP(plan: BodyPlan): boolean {
  const { body, model, thinksOnDemand } = plan;
  if (!isSet(body.top_p) || model.sampling === "none") return false;
  if (model.sampling === "one" && takesTemperature(plan)) return false;
  return !thinksOnDemand || Number(body.top_p) >= 0.95;
}

function takesTopK({ body, model, thinksOnDemand }: BodyPlan): boolean {
  return isSet(body.top_k) && model.sampling !== "none" && !thinksOnDemand;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isTaken(metadata: unknown): boolean {
  const id = asObject(metadata)?.user_id;
  return typeof id === "string" && USER_ID.test(id);
}
