/**
 * What Cohere's models on Bedrock accept, as data. Sources, read in November 2026:
 * - Command R: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html and
 *   docs.cohere.com/v1/docs/command-r (128k context, 4k output)
 * - legacy Command: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command.html
 */
import { plainModelId } from "./model-id.ts";

export interface CohereModel {
  /** `chat`: message and chat_history; `text`: the prompt form of the retired Command models. */
  readonly form: "chat" | "text";
  /** Tokens of prompt and answer together. */
  readonly contextWindow: number;
  /** Most tokens that `max_tokens` may ask for. */
  readonly maxOutput: number;
}

const COMMAND_R: CohereModel = { form: "chat", contextWindow: 128_000, maxOutput: 4000 };
const COMMAND: CohereModel = { form: "text", contextWindow: 4096, maxOutput: 4000 };

/** @param model The configured model id or ARN; one that hides the model counts as Command R. */
export function cohereModel(model: string): CohereModel {
  return /^cohere\.command(?:-light)?-text/.test(plainModelId(model) ?? "") ? COMMAND : COMMAND_R;
}
