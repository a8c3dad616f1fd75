/** What a family of Bedrock models is. Types only. */
import type { Delta } from "../chat/delta.ts";
import type { ChatRequest, DialectName, JsonObject } from "../chat/request.ts";
import type { ModelFacts } from "../contracts.ts";
import type { BedrockTarget } from "../target.ts";

/** Bedrock Runtime operations, spelled as in the path. */
export type BedrockOperation = "invoke" | "invoke-with-response-stream" | "converse" | "converse-stream";

/**
 * One message of a Bedrock stream: for InvokeModelWithResponseStream `event` is `chunk` and `payload` the model's own
 * JSON; for ConverseStream `event` is the `:event-type`, which tells the messages apart.
 */
export interface FamilyMessage {
  readonly event: string;
  readonly payload: unknown;
}

/** A request as a family wants it sent, and how the answer to this very request is read. */
export interface FamilyCall {
  readonly operation: BedrockOperation;
  readonly body: JsonObject;
  /** In place of `body`: a JSON text that crosses as it is. */
  readonly text?: string;
  /** The dialect that the model itself answers in, where its own events may be handed on to a client that speaks it. */
  readonly native?: DialectName;
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields that were left out or lowered, in the client's words, for `x-router-dropped-params`. */
  readonly dropped: readonly string[];
  /** Begins to read a streamed answer; its state lives in the closure. */
  stream(): (message: FamilyMessage) => Delta[];
  /** The whole answer of a call that does not stream. */
  whole(body: unknown, headers: Headers): Delta[];
}

/**
 * Speaks one kind of Bedrock model. Knows neither fetch, nor clock, nor a client's API. An answer gives exactly one
 * `finish` delta, when the family's terminal event has arrived: without it the answer counts as cut short.
 */
export interface Family {
  readonly name: string;
  /** From the table of models. */
  facts(target: BedrockTarget): ModelFacts;
  /** Throws a RouterError with `param` for what the model cannot do. */
  encode(request: ChatRequest, target: BedrockTarget): FamilyCall;
}
