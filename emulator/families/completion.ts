/** Imported models that take a bare prompt and answer as TGI does: `choices[].text`. */
import { compose } from "../answer/compose.ts";
import { type Answer, PROMPT_ONLY, tokensIn } from "../answer/conversation.ts";
import { malformed } from "../bedrock/errors.ts";
import { list, object, STRING, violations } from "../bedrock/schema.ts";
import { asString, type JsonObject, stringsIn } from "../json.ts";
import { isImported } from "./chat/models.ts";
import type { EmulatedFamily, Reply } from "./family.ts";

const REQUEST = object(
  { prompt: STRING },
  {
    max_tokens: { kind: "integer", min: 1 },
    temperature: { kind: "number", min: 0, max: 2 },
    top_p: { kind: "number", min: 1e-6, max: 1 },
    stop: list(STRING),
  },
);
const DEFAULT_TOKENS = 16;
const FINISH: Readonly<Record<Answer["stop"], string>> = {
  end: "stop",
  length: "length",
  stop_sequence: "stop",
  tool_use: "stop",
  refusal: "content_filter",
};

/** The user's last line in a transcript, or the whole prompt. */
function questionIn({ prompt }: JsonObject): string {
  const [last = ""] = asString(prompt)
    .split(/^(?:User|System):/m)
    .slice(-1);
  const [asked = ""] = last.split(/^Assistant:/m);
  return asked.trim();
}

function chunk({ modelId }: Reply, choice: JsonObject): JsonObject {
  return {
    id: "cmpl-emulated",
    object: "text_completion",
    model: modelId,
    choices: [{ index: 0, ...choice }],
  };
}

export const completion: EmulatedFamily = {
  name: "completion",
  matches: (modelId, body) => isImported(modelId) && "prompt" in body && "max_tokens" in body,
  question: questionIn,
  validate(body) {
    const found = violations(body, REQUEST);
    if (found.length > 0) throw malformed(found);
  },
  respond(body, modelId) {
    const answer = compose({
      ...PROMPT_ONLY,
      question: questionIn(body),
      system: "",
      received: body,
      maxTokens: typeof body.max_tokens === "number" ? body.max_tokens : DEFAULT_TOKENS,
      stop: stringsIn(body.stop),
    });
    const output = answer.outputTokens;
    const input = tokensIn(asString(body.prompt).length);
    return { answer, usage: { input, output, billedOutput: output }, modelId };
  },
  shape(reply, streaming) {
    const { answer, usage } = reply;
    const pieces = answer.blocks.flatMap((block) => block.pieces);
    const finish = { finish_reason: FINISH[answer.stop], logprobs: null };
    if (streaming) {
      const open = pieces.map((text) => chunk(reply, { text, finish_reason: null, logprobs: null }));
      return [...open, chunk(reply, { text: "", ...finish })];
    }
    const { input, output } = usage;
    const counts = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
    return [{ ...chunk(reply, { text: pieces.join(""), ...finish }), usage: counts }];
  },
};
