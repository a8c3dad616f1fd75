/**
 * Conversations in the `[INST]` template of Mistral's older models.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html
 */
import type { ChatMessage } from "../../chat/request.ts";
import { joinTexts } from "../request/settings.ts";
import { neutralise, textConversation } from "../request/text-conversation.ts";

/** How to get tools from these models. */
export const TOOL_ADVICE =
  'Set "api: converse" for this model (with it Bedrock offers tools for Mistral Small and Large), or use another model.';

const TOKENS =
  /<\/?s>|<unk>|\[\/?INST\]|\[\/?AVAILABLE_TOOLS\]|\[\/?TOOL_RESULTS\]|\[TOOL_CALLS\]|\[\/?SYSTEM_PROMPT\]/g;

/**
 * A conversation as one prompt: system text opens the first turn, and a final assistant turn stays open, so that the
 * model writes on.
 * @param instruction A sentence to add to the system prompt; may be empty.
 * @throws RouterError with `param` for content that cannot be sent and for conversations without text.
 */
export function mistralPrompt(messages: readonly ChatMessage[], instruction: string): string {
  const { system, turns, prefilled } = textConversation(messages, TOOL_ADVICE);
  let lead = joinTexts(neutralise(system, TOKENS), instruction);
  let prompt = "<s>";
  for (const [index, { role, text }] of turns.entries()) {
    const safe = neutralise(text, TOKENS);
    if (role === "user") {
      prompt += `[INST] ${joinTexts(lead, safe)} [/INST]`;
      lead = "";
    } else if (prefilled && index === turns.length - 1) prompt += ` ${safe.trimEnd()}`;
    else prompt += ` ${safe}</s>`;
  }
  return prompt;
}
