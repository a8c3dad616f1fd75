/** The models in the table of docs/bedrock.md, by maker. What each can do is not written here: the families are asked. */
import type { BedrockTarget } from "../../../src/target.ts";

/** One model as a person would configure it. */
export interface Sample {
  readonly label: string;
  readonly model: string;
  /** For a model whose id does not tell it. */
  readonly family?: NonNullable<BedrockTarget["family"]>;
}

const IMPORTED = "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123";

const sample = (label: string, model: string): Sample => ({ label, model });
const imported = (label: string, family: string): Sample => ({ label, model: IMPORTED, family });

/** In the order of the table; neighbours that can do the same share a row. */
export const SAMPLES: readonly Sample[] = [
  sample("Claude Opus 5.5", "anthropic.claude-opus-5-5"),
  sample("Claude Sonnet 5.5", "anthropic.claude-sonnet-5-5"),
  sample("Claude Haiku 5.5", "anthropic.claude-haiku-5-5"),
  sample("Claude Fable 5.1", "anthropic.claude-fable-5-1"),
  sample("Claude Fable 5.2", "anthropic.claude-fable-5-2"),
  sample("Claude Mythos 5.1", "anthropic.claude-mythos-5-1"),
  sample("Claude Opus 5", "anthropic.claude-opus-5"),
  sample("Claude Sonnet 5", "anthropic.claude-sonnet-5"),
  sample("Claude Fable 5", "anthropic.claude-fable-5"),
  sample("Claude Mythos 5", "anthropic.claude-mythos-5"),
  sample("Claude Opus 4.8", "anthropic.claude-opus-4-8"),
  sample("Claude Opus 4.7", "anthropic.claude-opus-4-7"),
  sample("Claude Opus 4.6", "anthropic.claude-opus-4-6-v1"),
  sample("Claude Sonnet 4.6", "anthropic.claude-sonnet-4-6"),
  sample("Claude Opus 4.5", "anthropic.claude-opus-4-5-20251101-v1:0"),
  sample("Claude Haiku 4.5", "anthropic.claude-haiku-4-5-20251001-v1:0"),
  sample("Claude Sonnet 4.5", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
  sample("Claude Opus 4.1", "anthropic.claude-opus-4-1-20250805-v1:0"),
  sample("Claude Sonnet 4", "anthropic.claude-sonnet-4-20250514-v1:0"),
  sample("Claude 3.7 Sonnet", "anthropic.claude-3-7-sonnet-20250219-v1:0"),
  sample("Claude 3.5 Haiku", "anthropic.claude-3-5-haiku-20241022-v1:0"),
  sample("Claude 3 Haiku", "anthropic.claude-3-haiku-20240307-v1:0"),

  sample("Nova 2 Lite", "amazon.nova-2-lite-v1:0"),
  sample("Nova Micro", "amazon.nova-micro-v1:0"),
  sample("Nova Lite", "amazon.nova-lite-v1:0"),
  sample("Nova Pro", "amazon.nova-pro-v1:0"),
  sample("Nova Premier", "amazon.nova-premier-v1:0"),
  sample("Titan Text Lite", "amazon.titan-text-lite-v1"),
  sample("Titan Text Express", "amazon.titan-text-express-v1"),
  sample("Titan Text Premier", "amazon.titan-text-premier-v1:0"),

  sample("GPT-6.2", "openai.gpt-6.2-sol"),
  sample("GPT-6.1", "openai.gpt-6.1-sol"),
  sample("GPT-6", "openai.gpt-6-astra"),
  sample("GPT-5.6", "openai.gpt-5.6-sol"),
  sample("GPT-5.5", "openai.gpt-5.5"),
  sample("GPT-5.4", "openai.gpt-5.4"),
  sample("gpt-oss 20B", "openai.gpt-oss-20b-1:0"),
  sample("gpt-oss 120B", "openai.gpt-oss-120b-1:0"),

  sample("Grok 4.7", "xai.grok-4.7"),
  sample("Grok 4.6", "xai.grok-4.6"),
  sample("Grok 4.3", "xai.grok-4.3"),

  sample("Llama 4 Maverick", "meta.llama4-maverick-17b-instruct-v1:0"),
  sample("Llama 4 Scout", "meta.llama4-scout-17b-instruct-v1:0"),
  sample("Llama 3.3", "meta.llama3-3-70b-instruct-v1:0"),
  sample("Llama 3.2 11B, 90B", "meta.llama3-2-90b-instruct-v1:0"),
  sample("Llama 3.2 1B, 3B", "meta.llama3-2-3b-instruct-v1:0"),
  sample("Llama 3.1", "meta.llama3-1-70b-instruct-v1:0"),
  sample("Llama 3", "meta.llama3-70b-instruct-v1:0"),
  sample("Llama 2", "meta.llama2-70b-chat-v1"),

  sample("Mistral Large 3", "mistral.mistral-large-3-675b-instruct"),
  sample("Ministral 3 8B, 14B", "mistral.ministral-3-8b-instruct"),
  sample("Ministral 3 3B", "mistral.ministral-3-3b-instruct"),
  sample("Magistral Small", "mistral.magistral-small-2509"),
  sample("Devstral 2", "mistral.devstral-2-123b"),
  sample("Voxtral Small", "mistral.voxtral-small-24b-2507"),
  sample("Pixtral Large", "mistral.pixtral-large-2502-v1:0"),
  sample("Mistral Large 24.07", "mistral.mistral-large-2407-v1:0"),
  sample("Mistral Large 24.02", "mistral.mistral-large-2402-v1:0"),
  sample("Mistral Small 24.02", "mistral.mistral-small-2402-v1:0"),
  sample("Mixtral 8x7B", "mistral.mixtral-8x7b-instruct-v0:1"),
  sample("Mistral 7B", "mistral.mistral-7b-instruct-v0:2"),

  sample("DeepSeek V3.2", "deepseek.v3.2"),
  sample("DeepSeek V3", "deepseek.v3-v1:0"),
  sample("DeepSeek R1", "deepseek.r1-v1:0"),

  sample("Kimi K3.1", "moonshotai.kimi-k3.1"),
  sample("Kimi K3", "moonshotai.kimi-k3"),
  sample("Kimi K2.5", "moonshotai.kimi-k2.5"),
  sample("Kimi K2 Thinking", "moonshot.kimi-k2-thinking"),
  sample("GLM 5.3", "zai.glm-5.3"),
  sample("GLM 5", "zai.glm-5"),
  sample("GLM 4.7", "zai.glm-4.7"),
  sample("GLM 4.7 Flash", "zai.glm-4.7-flash"),
  sample("Qwen3 32B", "qwen.qwen3-32b-v1:0"),
  sample("Qwen3 235B", "qwen.qwen3-235b-a22b-2507-v1:0"),
  sample("Qwen3 Coder 30B", "qwen.qwen3-coder-30b-a3b-v1:0"),
  sample("Qwen3 Coder 480B", "qwen.qwen3-coder-480b-a35b-v1:0"),
  sample("Qwen3 Coder Next", "qwen.qwen3-coder-next"),
  sample("Qwen3 Next 80B", "qwen.qwen3-next-80b-a3b"),
  sample("Qwen3 VL 235B", "qwen.qwen3-vl-235b-a22b"),
  sample("MiniMax M2", "minimax.minimax-m2"),
  sample("MiniMax M2.1", "minimax.minimax-m2.1"),
  sample("MiniMax M2.5", "minimax.minimax-m2.5"),
  sample("Gemma 4", "google.gemma-4-31b"),
  sample("Gemma 4 E2B", "google.gemma-4-e2b"),
  sample("Gemma 3 27B", "google.gemma-3-27b-it"),
  sample("Gemma 3 4B", "google.gemma-3-4b-it"),
  sample("Nemotron 3 Super", "nvidia.nemotron-super-3-120b"),
  sample("Nemotron 3 Nano", "nvidia.nemotron-nano-3-30b"),
  sample("Nemotron Nano 12B", "nvidia.nemotron-nano-12b-v2"),
  sample("Nemotron Nano 9B", "nvidia.nemotron-nano-9b-v2"),
  sample("Palmyra X5", "writer.palmyra-x5-v1:0"),
  sample("Palmyra X4", "writer.palmyra-x4-v1:0"),
  sample("Palmyra Vision", "writer.palmyra-vision-7b"),

  sample("Command R", "cohere.command-r-v1:0"),
  sample("Command R+", "cohere.command-r-plus-v1:0"),
  sample("Jamba Instruct", "ai21.jamba-instruct-v1:0"),
  sample("Jamba 1.5 Mini", "ai21.jamba-1-5-mini-v1:0"),
  sample("Jamba 1.5 Large", "ai21.jamba-1-5-large-v1:0"),

  imported("imported, chat", "openai"),
  imported("imported, bare prompt", "completion"),
];
