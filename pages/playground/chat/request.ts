/** Settings and conversation → chat completion request. */
import { type JsonObject, objectsOf } from "../../lib/json.ts";
import { type Settings, setParameters } from "./settings.ts";
import { type Item, messagesOf } from "./thread.ts";
import { TOOLS, toolDefinition } from "./tools.ts";

/**
 * The request that asks for what comes after `items`.
 * @param step How many answers of the same tool loop went before. A forced tool is forced once: a model that must call in
 *   every step would never come to its answer.
 */
export function chatRequest(settings: Settings, items: readonly Item[], step = 0): JsonObject {
  const { tool_choice: choice, ...parameters } = setParameters(settings);
  const tools = TOOLS.filter(({ name }) => settings.tools.includes(name)).map(toolDefinition);
  return {
    model: settings.model,
    messages: messagesOf(items, settings.system),
    ...parameters,
    ...(tools.length > 0 && { tools }),
    ...(tools.length > 0 &&
      choice !== undefined &&
      (step === 0 || choice === "none") && { tool_choice: choice }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const PDF = "data:application/pdf;base64,JVBERi0xLjQKJSVFT0YK";

/** The same request for `/v1/route`, which does not look into files: an image is one pixel, a PDF is empty. */
export function withoutFiles(body: JsonObject): JsonObject {
  const messages = objectsOf(body.messages).map((message) => ({
    ...message,
    ...(Array.isArray(message.content) && {
      content: objectsOf(message.content).map((part) => {
        if (part.type === "image_url") return { ...part, image_url: { url: PIXEL } };
        return part.type === "file" ? { ...part, file: { filename: "empty.pdf", file_data: PDF } } : part;
      }),
    }),
  }));
  return { ...body, messages };
}
