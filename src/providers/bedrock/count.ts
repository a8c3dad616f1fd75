/** Bedrock's own count of a prompt, free of charge: CountTokens. Models that only have inference profiles do not have it. */
import type { BedrockTarget } from "../../target.ts";
import type { FamilyCall } from "../../families/family.ts";
import { plainModelId } from "../../families/index.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { asCount, parseObject } from "../../lib/json.ts";
import { readLimited } from "../limited.ts";

const encoder = new TextEncoder();
/** The answer is one number. */
const MAX_ANSWER_BYTES = 4_096;

/** Whether there is hope for a count: it is there for some Claudes, by their plain id. */
export function isCountable({ model, api, guardrail }: BedrockTarget): boolean {
  const plain = plainModelId(model) === model && model.startsWith("anthropic.");
  return plain && api !== "converse" && guardrail === undefined;
}

/** The body of CountTokens for a call. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html */
export function countBody({ text, body }: FamilyCall): string {
  const invoked = encoder.encode(text ?? jsonText(body)).toBase64();
  return JSON.stringify({ input: { invokeModel: { body: invoked } } });
}

/** Undefined for an answer that is no count. */
export async function readCount(response: Response): Promise<number | undefined> {
  const answer = parseObject(await readLimited(response, MAX_ANSWER_BYTES));
  return asCount(answer?.inputTokens ?? answer?.input_tokens);
}
