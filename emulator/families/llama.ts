/** Meta's Llama: a prompt in the template of its generation, and base64 images beside it for those that see. */
import { compose } from "../answer/compose.ts";
import { type Media, tokensIn } from "../answer/conversation.ts";
import { invalid, malformed } from "../bedrock/errors.ts";
import { list, object, type Shape, STRING, violations } from "../bedrock/schema.ts";
import { asString, type JsonObject, stringsIn } from "../json.ts";
import type { EmulatedFamily, Reply } from "./family.ts";
import { checkProfile, modelName, unknownModel } from "./model-ids.ts";
import { questionIn, readPrompt } from "./prompt/conversation.ts";
import {
  llama2Template,
  llama3Template,
  llama4Template,
  type PromptTemplate,
  parsePrompt,
} from "./prompt/templates.ts";

interface LlamaRules {
  readonly template: PromptTemplate;
  readonly maxOutput: number;
  readonly context: number;
  readonly images: boolean;
  readonly profileOnly: boolean;
}

const LLAMA_2: LlamaRules = {
  template: llama2Template,
  maxOutput: 2048,
  context: 4096,
  images: false,
  profileOnly: false,
};
const LLAMA_3: LlamaRules = { ...LLAMA_2, template: llama3Template, context: 8192 };
const LLAMA_3_1: LlamaRules = { ...LLAMA_3, context: 128_000 };
const LLAMA_3_2: LlamaRules = { ...LLAMA_3_1, profileOnly: true };
const LLAMA_4: LlamaRules = {
  ...LLAMA_3_2,
  template: llama4Template,
  maxOutput: 8192,
  context: 1_000_000,
  images: true,
};

const MODELS: ReadonlyMap<string, LlamaRules> = new Map([
  ["meta.llama2-13b-chat-v1", LLAMA_2],
  ["meta.llama2-70b-chat-v1", LLAMA_2],
  ["meta.llama3-8b-instruct-v1:0", LLAMA_3],
  ["meta.llama3-70b-instruct-v1:0", LLAMA_3],
  ["meta.llama3-1-8b-instruct-v1:0", LLAMA_3_1],
  ["meta.llama3-1-70b-instruct-v1:0", LLAMA_3_1],
  ["meta.llama3-1-405b-instruct-v1:0", LLAMA_3_1],
  ["meta.llama3-2-1b-instruct-v1:0", LLAMA_3_2],
  ["meta.llama3-2-3b-instruct-v1:0", LLAMA_3_2],
  ["meta.llama3-2-11b-instruct-v1:0", { ...LLAMA_3_2, images: true }],
  ["meta.llama3-2-90b-instruct-v1:0", { ...LLAMA_3_2, images: true }],
  ["meta.llama3-3-70b-instruct-v1:0", { ...LLAMA_3_2, maxOutput: 8192 }],
  ["meta.llama4-scout-17b-instruct-v1:0", { ...LLAMA_4, context: 3_500_000 }],
  ["meta.llama4-maverick-17b-instruct-v1:0", LLAMA_4],
]);

const IMAGE = /<\|image\|>/g;
const TOKENS_PER_IMAGE = 1600;

/** Throws Bedrock's error for ids that do not exist or need an inference profile. */
function rulesOf(modelId: string): LlamaRules {
  const name = modelName(modelId);
  // Behind an ARN that hides it stands a Llama 3.
  if (name === undefined) return LLAMA_3;
  const rules = MODELS.get(name.id);
  if (rules === undefined) throw unknownModel();
  checkProfile(name, rules.profileOnly);
  return rules;
}

function requestShape({ maxOutput, images }: LlamaRules): Shape {
  const fraction: Shape = { kind: "number", min: 0, max: 1 };
  return object(
    { prompt: STRING },
    {
      max_gen_len: { kind: "integer", min: 1, max: maxOutput },
      temperature: fraction,
      top_p: fraction,
      ...(images && { images: list(STRING) }),
    },
  );
}

function validate(body: JsonObject, modelId: string): void {
  const rules = rulesOf(modelId);
  const found = violations(body, requestShape(rules));
  if (found.length > 0) throw malformed(found);
  const prompt = asString(body.prompt);
  parsePrompt(prompt, rules.template);
  const images = stringsIn(body.images);
  if ((prompt.match(IMAGE) ?? []).length !== images.length) {
    throw invalid(`The emulator: ${images.length} images, but another number of <|image|> in the prompt.`);
  }
  for (const image of images) imageIn(image);
  if (promptTokens(body) > rules.context) {
    throw invalid(
      `This model's maximum context length is ${rules.context} tokens. Please reduce the length of the prompt`,
    );
  }
}

/** Type and size of a base64 image. Throws for what is none. */
function imageIn(base64: string): Media {
  const bytes = Buffer.from(base64, "base64");
  const start = bytes.subarray(0, 12).toString("latin1");
  const valid = bytes.toString("base64") === base64;
  if (valid && start.startsWith("\x89PNG")) return { type: "image/png", bytes: bytes.length };
  if (valid && start.startsWith("\xff\xd8\xff")) return { type: "image/jpeg", bytes: bytes.length };
  if (valid && /^GIF8|^RIFF.{4}WEBP/s.test(start)) return { type: "image/other", bytes: bytes.length };
  throw invalid("Could not process image");
}

function promptTokens(body: JsonObject): number {
  return tokensIn(asString(body.prompt).length) + stringsIn(body.images).length * TOKENS_PER_IMAGE;
}

/** Answers to a fresh turn begin with line breaks, as recorded ones do. */
function piecesOf({ answer }: Reply): string[] {
  const pieces = answer.blocks.flatMap((block) => block.pieces);
  return pieces.length > 0 ? ["\n\n", ...pieces] : pieces;
}

/** One chunk a piece: the first counts the prompt, each the answer so far, the last is empty and has the reason. */
function chunksOf(reply: Reply): JsonObject[] {
  const { input, output } = reply.usage;
  const reason = reply.answer.stop === "length" ? "length" : "stop";
  const pieces = [...piecesOf(reply), ""];
  return pieces.map((generation, index) => ({
    generation,
    prompt_token_count: index === 0 ? input : null,
    generation_token_count: index === pieces.length - 1 ? output : Math.min(index + 1, output),
    stop_reason: index === pieces.length - 1 ? reason : null,
  }));
}

export const llama: EmulatedFamily = {
  name: "llama",
  matches(modelId, body) {
    const name = modelName(modelId);
    return name === undefined ? "max_gen_len" in body : name.id.startsWith("meta.llama");
  },
  question({ prompt }) {
    const templates = [llama3Template, llama4Template, llama2Template];
    return questionIn(
      templates.map((parse) => parse(asString(prompt))).find((parsed) => parsed !== undefined),
    );
  },
  validate,
  respond(body, modelId) {
    const parsed = parsePrompt(asString(body.prompt), rulesOf(modelId).template);
    const withoutMarkers = {
      ...parsed,
      turns: parsed.turns.map((turn) => ({ ...turn, text: turn.text.replace(IMAGE, "") })),
    };
    const media = stringsIn(body.images).map(imageIn);
    const answer = compose(readPrompt(withoutMarkers, body, body.max_gen_len, media));
    const output = answer.outputTokens;
    return { answer, usage: { input: promptTokens(body), output, billedOutput: output }, modelId };
  },
  shape(reply, streaming) {
    if (!streaming) {
      const { input, output } = reply.usage;
      const reason = reply.answer.stop === "length" ? "length" : "stop";
      const generation = piecesOf(reply).join("");
      return [{ generation, prompt_token_count: input, generation_token_count: output, stop_reason: reason }];
    }
    return chunksOf(reply);
  },
};
