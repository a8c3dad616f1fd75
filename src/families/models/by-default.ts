/**
 * Models that go through Converse unless their configuration says `api: native`: neither a recording nor a document
 * shows their stream on InvokeModel in the form that their family sends. Where one does (Jamba, Command R, gpt-oss, Qwen,
 * Kimi, the older Mistral text form), native is the default.
 */

/** By how plain model ids begin; the first match counts. */
const ROWS: readonly (readonly [prefix: string, converse: boolean])[] = [
  ["deepseek.v", true],
  ["google.gemma", true],
  ["minimax.", true],
  // The text form; whatever Mistral came after it takes messages.
  ["mistral.mistral-7b", false],
  ["mistral.mixtral-8x7b", false],
  ["mistral.mistral-small-2402", false],
  ["mistral.mistral-large-2402", false],
  ["mistral.", true],
  ["nvidia.", true],
  // Documented for Bedrock's /openai/v1 and for Converse, gpt-oss for InvokeModel too.
  ["openai.gpt-oss", false],
  ["openai.", true],
  ["writer.", true],
  ["xai.", true],
  ["zai.", true],
];

/** @param id A plain model id; undefined for an ARN that hides the model. */
export function isConverseByDefault(id: string | undefined): boolean {
  return ROWS.find(([prefix]) => id?.startsWith(prefix))?.[1] ?? false;
}
