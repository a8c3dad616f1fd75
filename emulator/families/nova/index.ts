/** Amazon Nova: the schema `messages-v1`. */
import { compose } from "../../answer/compose.ts";
import type { Answer, Conversation, ToolMode } from "../../answer/conversation.ts";
import { BedrockError } from "../../bedrock/errors.ts";
import { asObject, asString, type JsonObject, objectsIn, stringsIn } from "../../json.ts";
import { questionIn, textsIn } from "../converse/read.ts";
import type { EmulatedFamily } from "../family.ts";
import { imagesIn } from "./messages.ts";
import { isNova, type NovaModel, resolveModel } from "./models.ts";
import { chunksOf, wholeBody } from "./shape.ts";
import { promptTokens, validateNova } from "./validate.ts";

const DEFAULT_TOKENS = 4096;

export const nova: EmulatedFamily = {
  name: "nova",
  matches: isNova,
  question: questionIn,
  validate: (body, modelId) => validateNova(body, resolveModel(modelId)),
  respond(body, modelId) {
    const model = resolveModel(modelId);
    const answer = compose(readConversation(body, model));
    checkCallable(answer);
    const output = answer.outputTokens;
    const usage = { input: promptTokens(body), output, billedOutput: output, cache: { read: 0, write: 0 } };
    return { answer, usage, modelId };
  },
  shape: (reply, streaming) => (streaming ? chunksOf(reply) : [wholeBody(reply)]),
};

function readConversation(body: JsonObject, model: NovaModel): Conversation {
  const { tools, toolChoice } = asObject(body.toolConfig);
  const last = objectsIn(objectsIn(body.messages).at(-1)?.content);
  const inference = asObject(body.inferenceConfig);
  const mode = toolMode(asObject(toolChoice));
  const plans = model.reasoning
    ? asObject(body.reasoningConfig).type === "enabled"
    : tools !== undefined && mode.mode === "auto";
  return {
    question: questionIn(body),
    system: textsIn(body.system).join("\n"),
    toolResults: last.flatMap(({ toolResult }) => resultsIn(asObject(toolResult).content)),
    media: last.flatMap(imagesIn).map(({ format, source }) => ({
      type: `image/${asString(format)}`,
      bytes: Buffer.byteLength(asString(asObject(source).bytes), "base64"),
    })),
    tools: objectsIn(tools).map(({ toolSpec }) => {
      const { name, inputSchema } = asObject(toolSpec);
      return { name: asString(name), schema: asObject(asObject(inputSchema).json) };
    }),
    toolMode: mode,
    parallel: true,
    thinking: plans ? "shown" : "off",
    received: { system: body.system, messages: body.messages, tools },
    maxTokens: typeof inference.maxTokens === "number" ? inference.maxTokens : DEFAULT_TOKENS,
    stop: stringsIn(inference.stopSequences),
  };
}

function resultsIn(content: unknown): string[] {
  const texts = objectsIn(content).map(({ text, json }) => {
    return typeof text === "string" ? text : JSON.stringify(json ?? "");
  });
  return content === undefined ? [] : [texts.join("\n")];
}

function toolMode(choice: JsonObject): ToolMode {
  if ("tool" in choice) return { mode: "tool", name: asString(asObject(choice.tool).name) };
  return { mode: "any" in choice ? "any" : "auto" };
}

/** Nova cannot write the call of a tool with a hyphen in its name. */
function checkCallable({ blocks }: Answer): void {
  if (!blocks.some((block) => block.type === "tool" && block.name.includes("-"))) return;
  throw new BedrockError(
    "ModelErrorException",
    "Model produced invalid sequence as part of ToolUse. Please refer to the model tool use troubleshooting guide.",
    { members: { originalStatusCode: 424 } },
  );
}
