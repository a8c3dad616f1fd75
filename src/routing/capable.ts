/** Who can serve a request, as far as that is known of models; what is not known counts as able. */
import type { ModelFacts } from "../contracts.ts";
import type { Target } from "../target.ts";
import { paramName } from "../chat/parameters.ts";
import type { ChatRequest, ContentPart } from "../chat/request.ts";
import { isTextFile } from "../chat/result-media.ts";
import { estimateTokens } from "../chat/tokens.ts";
import { type ErrorCode, RouterError } from "../errors.ts";
import { factsOf } from "./facts.ts";

/** A model that was left out, and what it lacks. */
export interface LeftOut {
  readonly target: Target;
  readonly lacks: readonly string[];
}

export interface Sifted {
  /** The very list where nobody was left out. */
  readonly able: readonly Target[];
  readonly leftOut: readonly LeftOut[];
}

/** What a request needs of a model. */
interface Need {
  /** Ends the sentence "the model lacks". */
  readonly what: string;
  readonly isLacking: (facts: ModelFacts) => boolean;
  readonly code: ErrorCode;
  readonly param: string;
}

/** No model has a smaller window: shorter prompts are not measured against any. */
const LEAST_WINDOW_TOKENS = 2000;

/** The targets that can take a request, in their order. */
export function sift(targets: readonly Target[], request: ChatRequest): Sifted {
  const needs = needsOf(request);
  const leftOut = needs.length === 0 ? [] : targets.flatMap((target) => leave(target, needs));
  if (leftOut.length === 0) return { able: targets, leftOut };
  const left = new Set(leftOut.map(({ target }) => target));
  return { able: targets.filter((target) => !left.has(target)), leftOut };
}

/** The error where nobody can take a request: it says what each model lacks. */
export function nobodyCan(request: ChatRequest, leftOut: readonly LeftOut[]): RouterError {
  const needs = needsOf(request);
  // What most of them lack is what the client had better do without.
  const count = ({ what }: Need) => leftOut.filter(({ lacks }) => lacks.includes(what)).length;
  const [first] = needs.toSorted((a, b) => count(b) - count(a));
  const names = leftOut.map(({ target, lacks }) => `${target.name} (${lacks.join(", ")})`).join("; ");
  const long = first?.code === "context_length_exceeded";
  const text = long
    ? "The conversation exceeds the maximum context length of every model here. Shorten it."
    : "No model here can take this request. Leave out what they lack, or name a model that has it.";
  return new RouterError(first?.code ?? "unsupported_content", `${text} They lack: ${names}.`, {
    param: first?.param ?? "messages",
  });
}

function leave(target: Target, needs: readonly Need[]): LeftOut[] {
  const facts = factsOf(target);
  const lacks = needs.filter((need) => need.isLacking(facts)).map(({ what }) => what);
  return lacks.length === 0 ? [] : [{ target, lacks }];
}

function needsOf(request: ChatRequest): Need[] {
  const { messages, responseFormat } = request;
  const parts = messages.flatMap(({ content }): readonly ContentPart[] => content);
  const image = parts.find(isImage);
  // A document that is text reads as text.
  const file = parts.find((part) => part.type === "file" && !isTextFile(part));
  const tokens = estimateTokens(request);
  return [
    ...(usesTools(request) ? [has("tools", "unsupported_parameter", paramName(request, "tools"))] : []),
    ...(image ? [has("images", "unsupported_content", image.param)] : []),
    ...(file ? [has("documents", "unsupported_content", file.param)] : []),
    ...(responseFormat.type === "json_schema"
      ? [has("schema", "unsupported_parameter", paramName(request, "response_format"))]
      : []),
    ...(tokens > LEAST_WINDOW_TOKENS ? [fits(tokens)] : []),
  ];
}

function has(what: "tools" | "images" | "documents" | "schema", code: ErrorCode, param: string): Need {
  const said = what === "schema" ? "output schemas" : what;
  const isLacking = (facts: ModelFacts) =>
    (what === "documents" || what === "schema" ? facts[what] : facts.capabilities?.[what]) === false;
  return { what: said, isLacking, code, param };
}

function fits(tokens: number): Need {
  return {
    what: `room for about ${tokens} tokens`,
    isLacking: ({ contextWindow }) => contextWindow !== undefined && contextWindow < tokens,
    code: "context_length_exceeded",
    param: "messages",
  };
}

/** Also where the conversation has called some: a model without tools cannot read that. */
function usesTools({ tools, toolChoice, messages }: ChatRequest): boolean {
  if (tools.length > 0 && toolChoice?.type !== "none") return true;
  return messages.some(
    (message) => message.role === "tool" || (message.role === "assistant" && message.toolCalls.length > 0),
  );
}

function isImage(part: ContentPart): boolean {
  return part.type === "image_url" || (part.type === "other" && part.kind.includes("image"));
}
