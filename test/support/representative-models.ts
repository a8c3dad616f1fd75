/** One model or more of every family, and what it can do: the rows of the contract that all families keep. */
import type { BedrockTarget } from "../../src/target.ts";
import { WIRES, type Wire } from "./native-answers.ts";

export interface RepresentativeModel {
  readonly model: string;
  readonly settings: Partial<BedrockTarget>;
  /** What `familyFor` must find. */
  readonly family: string;
  readonly wire: Wire;
  readonly tools: boolean;
  readonly images: boolean;
  /** Takes PDF and text files. */
  readonly files: boolean;
  /** Its reasoning is told apart from its text. */
  readonly thinks: boolean;
  /** Whether it streams, and with tools too. */
  readonly streaming: "always" | "without tools" | "never";
}

const IMPORTED = "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123";
const NATIVE: Partial<BedrockTarget> = { api: "invoke" };
const CONVERSE: Partial<BedrockTarget> = { api: "converse" };

type Abilities = Partial<Pick<RepresentativeModel, "tools" | "images" | "files" | "thinks" | "streaming">>;

function row(
  model: string,
  family: string,
  wire: Wire,
  abilities: Abilities = {},
  settings: Partial<BedrockTarget> = {},
): RepresentativeModel {
  const none = { tools: false, images: false, files: false, thinks: false, streaming: "always" } as const;
  return { model, settings, family, wire, ...none, ...abilities };
}

const TOOLS: Abilities = { tools: true };
const SEES: Abilities = { tools: true, images: true };
const READS: Abilities = { ...SEES, files: true };
const REASONS: Abilities = { tools: true, thinks: true };
const { chatInBrackets, chatInPairs, chatInTags, claude, cohere, completion, converse } = WIRES;
const { llama, mistralClassic, mistralText, nova, r1, titan } = WIRES;

/** By a short name. */
export const MODELS: ReadonlyMap<string, RepresentativeModel> = new Map([
  ["claude 3", row("anthropic.claude-3-haiku-20240307-v1:0", "anthropic", claude, READS)],
  [
    "claude 4.5",
    row("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic", claude, { ...READS, thinks: true }),
  ],
  ["nova micro", row("us.amazon.nova-micro-v1:0", "nova", nova, TOOLS)],
  ["nova pro", row("amazon.nova-pro-v1:0", "nova", nova, SEES)],
  ["nova 2", row("global.amazon.nova-2-lite-v1:0", "nova", nova, { ...SEES, thinks: true })],
  ["titan", row("amazon.titan-text-premier-v1:0", "titan", titan)],
  ["command r", row("cohere.command-r-v1:0", "cohere", cohere, TOOLS)],
  ["gpt-oss", row("openai.gpt-oss-120b-1:0", "openai", chatInPairs, REASONS)],
  ["qwen", row("qwen.qwen3-32b-v1:0", "openai", chatInTags, REASONS)],
  ["qwen vl", row("qwen.qwen3-vl-235b-a22b", "openai", chatInTags, SEES)],
  ["kimi", row("moonshot.kimi-k2-thinking", "openai", chatInPairs, REASONS)],
  ["deepseek v3", row("deepseek.v3-v1:0", "openai", chatInTags, REASONS, NATIVE)],
  ["minimax", row("minimax.minimax-m2", "openai", chatInTags, REASONS, NATIVE)],
  ["gemma", row("google.gemma-3-27b-it", "openai", chatInTags, SEES, NATIVE)],
  ["imported chat", row(IMPORTED, "openai", chatInTags, { ...SEES, thinks: true }, { family: "openai" })],
  ["imported text", row(IMPORTED, "completion", completion, { thinks: true }, { family: "completion" })],
  ["jamba", row("ai21.jamba-1-5-large-v1:0", "jamba", chatInTags, TOOLS)],
  ["palmyra", row("us.writer.palmyra-x5-v1:0", "writer", chatInTags, TOOLS, NATIVE)],
  ["llama 2", row("meta.llama2-13b-chat-v1", "llama", llama)],
  ["llama 3", row("us.meta.llama3-3-70b-instruct-v1:0", "llama", llama)],
  ["llama 3.2", row("us.meta.llama3-2-90b-instruct-v1:0", "llama", llama, { images: true })],
  ["llama 4", row("us.meta.llama4-maverick-17b-instruct-v1:0", "llama", llama, { images: true })],
  ["mistral text", row("mistral.mixtral-8x7b-instruct-v0:1", "mistral", mistralText)],
  ["mistral chat", row("mistral.mistral-large-2407-v1:0", "mistral", mistralClassic, TOOLS, NATIVE)],
  ["pixtral", row("us.mistral.pixtral-large-2502-v1:0", "mistral", mistralClassic, SEES, NATIVE)],
  [
    "magistral",
    row("mistral.magistral-small-2509", "mistral", chatInBrackets, { ...SEES, thinks: true }, NATIVE),
  ],
  ["deepseek r1", row("us.deepseek.r1-v1:0", "deepseek-r1", r1, { thinks: true })],
  [
    "claude by converse",
    row(
      "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "converse",
      converse,
      { ...READS, thinks: true },
      CONVERSE,
    ),
  ],
  ["nova by converse", row("amazon.nova-pro-v1:0", "converse", converse, READS, CONVERSE)],
  [
    "llama by converse",
    row(
      "us.meta.llama3-3-70b-instruct-v1:0",
      "converse",
      converse,
      { tools: true, files: true, streaming: "without tools" },
      CONVERSE,
    ),
  ],
  ["titan by converse", row("amazon.titan-text-premier-v1:0", "converse", converse, {}, CONVERSE)],
  ["a model of tomorrow", row(IMPORTED, "converse", converse, { ...READS, thinks: true }, CONVERSE)],
]);
