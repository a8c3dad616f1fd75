/**
 * `family: openai`: models that take OpenAI's chat completion as their body: gpt-oss, Qwen3, Kimi, MiniMax, GLM, Gemma,
 * Nemotron, DeepSeek V3, and models imported into Bedrock that are called with messages (for one that takes a bare
 * prompt there is `family: completion`). Their differences are rows of the catalogue.
 */
import { chatFamily } from "./index.ts";

/** `family: openai`. */
export const openai = chatFamily("openai");
