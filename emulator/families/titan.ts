/** Amazon Titan Text: a prompt in, text out. */
import { compose } from "../answer/compose.ts";
import { type Answer, PROMPT_ONLY, tokensIn } from "../answer/conversation.ts";
import { userWords } from "../answer/user-words.ts";
import { invalid, malformed } from "../bedrock/errors.ts";
import { list, object, type Shape, STRING, violations } from "../bedrock/schema.ts";
import { asObject, asString, type JsonObject, stringsIn } from "../json.ts";
import { namedModel } from "./chat/models.ts";
import type { EmulatedFamily, Reply } from "./family.ts";

const DEFAULT_TOKENS = 512;
const LIMITS: ReadonlyMap<string, { readonly output: number; readonly context: number }> = new Map([
  ["amazon.titan-text-lite-v1", { output: 4096, context: 4096 }],
  ["amazon.titan-text-express-v1", { output: 8192, context: 8192 }],
  ["amazon.titan-text-premier-v1:0", { output: 3072, context: 32_768 }],
]);
const REASON: Readonly<Record<Answer["stop"], string>> = {
  end: "FINISH",
  length: "LENGTH",
  stop_sequence: "STOP_CRITERIA_MET",
  tool_use: "FINISH",
  refusal: "CONTENT_FILTERED",
};

export const titan: EmulatedFamily = {
  name: "titan",
  matches: (modelId) => namedModel(modelId).startsWith("amazon.titan-text"),
  question: ({ inputText }) => lastUserLine(asString(inputText)),
  validate(body, modelId) {
    const limits = limitsOf(modelId);
    const found = violations(body, requestShape(limits.output));
    if (found.length > 0) throw malformed(found);
    if (asString(body.inputText) === "") throw malformed(["#/inputText: expected minLength: 1, actual: 0"]);
    const tokens = tokensIn(asString(body.inputText).length);
    if (tokens > limits.context) {
      throw invalid(
        `Too many input tokens. Max input tokens: ${limits.context}, request input token count: ${tokens}`,
      );
    }
  },
  respond(body, modelId) {
    const prompt = asString(body.inputText);
    const config = asObject(body.textGenerationConfig);
    const answer = compose({
      ...PROMPT_ONLY,
      question: lastUserLine(prompt),
      system: prompt.split(/^User:/m)[0]?.trim() ?? "",
      received: body,
      maxTokens: typeof config.maxTokenCount === "number" ? config.maxTokenCount : DEFAULT_TOKENS,
      stop: stringsIn(config.stopSequences),
    });
    const output = answer.outputTokens;
    return { answer, usage: { input: tokensIn(prompt.length), output, billedOutput: output }, modelId };
  },
  shape: (reply, streaming) => (streaming ? chunksOf(reply) : [wholeBody(reply)]),
};

function limitsOf(modelId: string): { readonly output: number; readonly context: number } {
  const limits = LIMITS.get(namedModel(modelId));
  if (!limits) throw invalid("The provided model identifier is invalid.");
  return limits;
}

function requestShape(mostTokens: number): Shape {
  const config = object(
    {},
    {
      maxTokenCount: { kind: "integer", min: 0, max: mostTokens },
      temperature: { kind: "number", min: 0, max: 1 },
      topP: { kind: "number", min: 1e-9, max: 1 },
      stopSequences: list(STRING),
    },
  );
  return object({ inputText: STRING }, { textGenerationConfig: config });
}

/** What the user said last; the whole prompt where it has no speakers. */
function lastUserLine(prompt: string): string {
  const said = prompt.split(/^User:/m).at(-1) ?? prompt;
  return userWords((said.split(/^Bot:/m)[0] ?? said).trim());
}

/** The last chunk has text and reason; the counts stand in the first and the last. */
function chunksOf({ answer, usage }: Reply): JsonObject[] {
  const pieces = answer.blocks.flatMap((block) => block.pieces);
  const texts = pieces.length > 0 ? [`\n${pieces[0]}`, ...pieces.slice(1)] : [""];
  const last = texts.length - 1;
  return texts.map((outputText, at) => ({
    outputText,
    index: 0,
    totalOutputTextTokenCount: at === last ? usage.output : null,
    completionReason: at === last ? REASON[answer.stop] : null,
    inputTextTokenCount: at === 0 ? usage.input : null,
  }));
}

function wholeBody({ answer, usage }: Reply): JsonObject {
  const text = answer.blocks.flatMap((block) => block.pieces).join("");
  const result = { tokenCount: usage.output, outputText: `\n${text}`, completionReason: REASON[answer.stop] };
  return { inputTextTokenCount: usage.input, results: [result] };
}
