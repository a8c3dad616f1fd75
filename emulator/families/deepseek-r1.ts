/** DeepSeek-R1: a prompt in its template; the answer begins inside the reasoning that the prompt opened. */
import { compose } from "../answer/compose.ts";
import { type Answer, tokensIn } from "../answer/conversation.ts";
import { invalid, malformed } from "../bedrock/errors.ts";
import { list, object, type Shape, STRING, violations } from "../bedrock/schema.ts";
import { asString, stringsIn } from "../json.ts";
import type { EmulatedFamily } from "./family.ts";
import { checkProfile, modelName, unknownModel } from "./model-ids.ts";
import { questionIn, readPrompt } from "./prompt/conversation.ts";
import { deepseekTemplate, parsePrompt } from "./prompt/templates.ts";

const FRACTION: Shape = { kind: "number", min: 0, max: 1 };
const REQUEST = object(
  { prompt: STRING },
  {
    max_tokens: { kind: "integer", min: 1, max: 32_768 },
    temperature: FRACTION,
    top_p: FRACTION,
    stop: list(STRING),
  },
);
const MOST_STOPS = 10;
const CONTEXT_TOKENS = 128_000;

/** Reasoning, its end, then the text; an answer that was cut while it reasoned has no end of it. */
function piecesOf({ blocks }: Answer): string[] {
  const text = blocks.filter(({ type }) => type === "text").flatMap(({ pieces }) => pieces);
  const thought = blocks.filter(({ type }) => type === "thinking").flatMap(({ pieces }) => pieces);
  return text.length > 0 ? [...thought, "\n</thi", "nk>\n\n", ...text] : thought;
}

export const deepseekR1: EmulatedFamily = {
  name: "deepseek-r1",
  matches: (modelId) => modelName(modelId)?.id.startsWith("deepseek.r1") ?? false,
  question: ({ prompt }) => questionIn(deepseekTemplate(asString(prompt))),
  validate(body, modelId) {
    const name = modelName(modelId);
    if (name?.id !== "deepseek.r1-v1:0") throw unknownModel();
    checkProfile(name, true);
    const found = violations(body, REQUEST);
    if (found.length > 0) throw malformed(found);
    const stops = stringsIn(body.stop);
    if (stops.length > MOST_STOPS)
      throw malformed([`#/stop: expected maxItems: ${MOST_STOPS}, actual: ${stops.length}`]);
    parsePrompt(asString(body.prompt), deepseekTemplate);
    if (tokensIn(asString(body.prompt).length) > CONTEXT_TOKENS) {
      throw invalid("Input is too long for requested model.");
    }
  },
  respond(body, modelId) {
    const prompt = asString(body.prompt);
    const conversation = readPrompt(parsePrompt(prompt, deepseekTemplate), body, body.max_tokens);
    const answer = compose({ ...conversation, thinking: "shown" });
    const output = answer.outputTokens;
    return { answer, usage: { input: tokensIn(prompt.length), output, billedOutput: output }, modelId };
  },
  shape({ answer }, streaming) {
    const chunk = (text: string, stop_reason: string | null) => ({ choices: [{ text, stop_reason }] });
    const reason = answer.stop === "length" ? "length" : "stop";
    const pieces = piecesOf(answer);
    if (!streaming) return [chunk(pieces.join(""), reason)];
    const last = pieces.pop() ?? "";
    return [...pieces.map((piece) => chunk(piece, null)), chunk(last, reason)];
  },
};
