/** The emulated families. A new one is a file and a line here. */
import type { JsonObject } from "../json.ts";
import { anthropic } from "./anthropic/index.ts";
import { jamba, openai, writer } from "./chat/index.ts";
import { cohere } from "./cohere/index.ts";
import { completion } from "./completion.ts";
import { deepseekR1 } from "./deepseek-r1.ts";
import type { EmulatedFamily } from "./family.ts";
import { llama } from "./llama.ts";
import { mistral } from "./mistral/index.ts";
import { nova } from "./nova/index.ts";
import { titan } from "./titan.ts";

const FAMILIES: readonly EmulatedFamily[] = [
  anthropic,
  cohere,
  completion,
  deepseekR1,
  jamba,
  llama,
  mistral,
  nova,
  openai,
  titan,
  writer,
];

/** The family that speaks for a model id or ARN, if any does. */
export function familyOf(modelId: string, body: JsonObject): EmulatedFamily | undefined {
  return FAMILIES.find((family) => family.matches(modelId, body));
}
