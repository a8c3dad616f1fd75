/**
 * Anthropic's Messages body for Claude: the client's own JSON with a list of edits. Bedrock refuses fields and betas
 * that it does not know; all else crosses byte for byte.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
 */
import type { Refused } from "../../../chat/refusable.ts";
import type { ChatRequest } from "../../../chat/request.ts";
import { objectText, textMembers } from "../../../lib/json-edit.ts";
import type { ClaudeModel } from "../../models/facts.ts";
import { NONE_REFUSED } from "../../models/refused.ts";
import { FIELD_EDITS, lostFields } from "./fields.ts";
import { hasForeignNames } from "./tools.ts";
import { type BodyOptions, type BodySurface, planBody } from "./plan.ts";
import { isSound } from "./sound.ts";

export interface EditedBody {
  /** JSON. */
  readonly text: string;
  /** Names of what was left out or lowered, for `x-router-dropped-params`. */
  readonly dropped: readonly string[];
  /** For the head, where the API takes them there. */
  readonly betas: readonly string[];
}

/** @throws RouterError with `param` for what Bedrock has no place for and the request cannot do without. */
export function editBody(request: ChatRequest, model: ClaudeModel, options: BodyOptions): EditedBody {
  const { body, text = JSON.stringify(body) } = request.source;
  const plan = planBody(request, model, options);
  const members = textMembers(text);
  // Null is "not set" to clients, and an error to Bedrock.
  const set = members.filter(({ value }) => value !== "null");
  const own = new Map(set.map(({ key, value }) => [key, value]));
  const edits = new Map<string, string | undefined>();
  for (const { key } of members)
    if (options.surface !== "anthropic" || !own.has(key)) edits.set(key, undefined);
  for (const [key, edit] of FIELD_EDITS[options.surface]) edits.set(key, edit(own.get(key), plan));
  return { text: objectText(members, edits), dropped: lostFields(plan), betas: plan.betas };
}

/**
 * Whether a request can reach this model as an edited body. A JSON answer for a model that has no `output_config.format` is made by
 * means that the client must not see in the answer, and so are names of tools and of their inputs' members that Claude would refuse.
 * A conversation that Claude would refuse as it stands is written anew.
 */
export function isEditable(
  { source, responseFormat, stop }: ChatRequest,
  model: ClaudeModel,
  {
    surface = "invoke",
    refused = NONE_REFUSED,
  }: { readonly surface?: BodySurface; readonly refused?: Refused | undefined } = {},
): boolean {
  if (source.dialect !== "anthropic-messages" || source.outdated) return false;
  // Where the router has to cut the answer, the model's own events cannot go on.
  if (refused.has("stop") && stop.length > 0) return false;
  if (surface === "anthropic") return true;
  const { messages, tools } = source.body;
  if (hasForeignNames(tools) || !isSound(Array.isArray(messages) ? messages : [])) return false;
  return responseFormat.type === "text" || model.structuredOutput;
}
