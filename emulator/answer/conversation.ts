/** What an answer depends on and what it consists of, the same for every model family and for OpenAI. */
import type { JsonObject } from "../json.ts";

export interface Tool {
  readonly name: string;
  /** JSON Schema of its arguments. */
  readonly schema: JsonObject;
}

export interface Media {
  /** MIME type. */
  readonly type: string;
  readonly bytes: number;
}

export type ToolMode =
  | { readonly mode: "auto" | "none" | "any" }
  | { readonly mode: "tool"; readonly name: string };

/** A request, read. */
export interface Conversation {
  /** The newest text of the user, directives included. */
  readonly question: string;
  readonly system: string;
  /** Results in the last turn, which then want an answer rather than another call. */
  readonly toolResults: readonly string[];
  readonly media: readonly Media[];
  readonly tools: readonly Tool[];
  readonly toolMode: ToolMode;
  readonly parallel: boolean;
  readonly thinking: "off" | "shown" | "omitted";
  /** The answer must be JSON of this schema. */
  readonly format?: JsonObject;
  /** What `[[echo]]` answers. */
  readonly received: JsonObject;
  readonly maxTokens: number;
  readonly stop: readonly string[];
}

/** What models have not that take a bare prompt. */
export const PROMPT_ONLY = {
  toolResults: [],
  media: [],
  tools: [],
  toolMode: { mode: "none" },
  parallel: false,
  thinking: "off",
} as const satisfies Partial<Conversation>;

/** `pieces` is how a block streams; joined they are its text (or the tool's arguments as JSON). */
export type Block =
  | { readonly type: "thinking"; readonly pieces: readonly string[] }
  | { readonly type: "text"; readonly pieces: readonly string[] }
  | {
      readonly type: "tool";
      readonly name: string;
      readonly input: JsonObject;
      readonly pieces: readonly string[];
    };

export interface Answer {
  readonly blocks: readonly Block[];
  readonly stop: "end" | "length" | "stop_sequence" | "tool_use" | "refusal";
  /** The one that matched. */
  readonly stopSequence?: string;
  readonly outputTokens: number;
}

const CHARACTERS_PER_TOKEN = 4;

/** The emulator's idea of a token: four characters. */
export function tokensIn(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** Characters that fit into `tokens`. */
export function charactersFor(tokens: number): number {
  return tokens * CHARACTERS_PER_TOKEN;
}
