/** A call of one of Bedrock's surfaces. Types only. */
import type { CallContext, Upstream } from "../../contracts.ts";
import type { DeltaDecoder } from "../source.ts";
import type { CallPlace } from "./exceptions.ts";
import type { Outgoing } from "./sign.ts";

/** A request as a surface wants it, and how its answer is read. */
export interface SurfaceCall {
  /** Not yet signed. */
  readonly outgoing: Outgoing;
  /** What was sent in the words of lessons.ts: the body, and the header of a tier as if it stood in it. */
  readonly sent: string;
  /** In the client's words. */
  readonly dropped: readonly string[];
  /**
   * Reads an answer that is a success.
   * @throws RouterError for what is no answer of this surface.
   */
  answer(response: Response, reading: AnswerReading): Promise<Omit<Upstream, "dropped">>;
}

export interface AnswerReading extends Pick<CallContext, "abort" | "idleTimeoutMs" | "hold"> {
  readonly place: CallPlace;
  /** Looks at what an answer decodes to. */
  readonly watched: (decoder: DeltaDecoder) => DeltaDecoder;
}

export interface Placed extends CallContext {
  readonly place: CallPlace;
}
