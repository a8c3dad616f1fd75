/** An answer of dispatch as chunk JSON texts, whoever gives it: for skins that send chunk by chunk. */
import { asRouterError, RouterError } from "../errors.ts";
import { type AnswerIdentity, chunkEncoder } from "../openai/chunks.ts";
import { bodyChunks, sseChunks } from "../openai/native-chunks.ts";
import { prefixBody, prefixSse } from "../openai/prefix-native.ts";
import { onSilence } from "../openai/silence.ts";
import type { Answer } from "./dispatch.ts";
import { withPrefix } from "./prefixed.ts";

export interface AnswerChunks {
  /** The chunks of the next read, maybe none; undefined once the answer has ended. Never rejects. */
  next(): Promise<readonly string[] | undefined>;
  /** Once `next` gave undefined: why the answer is not complete. Undefined when it is. */
  readonly failure: RouterError | undefined;
}

export interface ChunkOptions {
  readonly identity: AnswerIdentity;
  readonly includeUsage: boolean;
  /** Show the model's name before the first text. */
  readonly prefix: boolean;
  /** The longest silence between an upstream's bytes, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** The one that dispatch got; its reason becomes the error. */
  readonly signal: AbortSignal;
}

/** Reads an answer to a streaming request. Its upstream ends when the signal is aborted. */
export function answerChunks(answer: Answer, options: ChunkOptions): AnswerChunks {
  return answer.kind === "native" ? nativeChunks(answer, options) : decodedChunks(answer, options);
}

function decodedChunks(
  answer: Extract<Answer, { kind: "decoded" }>,
  { identity, includeUsage, prefix }: ChunkOptions,
): AnswerChunks {
  const { head, rest } = prefix ? withPrefix(answer) : answer;
  const encoder = chunkEncoder(identity, includeUsage);
  let failure: RouterError | undefined;
  let begun = false;
  let ended = false;
  return {
    async next() {
      if (ended) return undefined;
      const deltas = begun ? await rest.next() : head;
      begun = true;
      if (deltas === undefined) {
        ended = true;
        if (!encoder.complete) failure ??= truncated(answer);
        return encoder.end();
      }
      return deltas.flatMap((delta) => {
        if (delta.type !== "error") return encoder.encode(delta);
        failure = delta.error;
        return [];
      });
    },
    get failure() {
      return failure;
    },
  };
}

function nativeChunks(
  answer: Extract<Answer, { kind: "native" }>,
  { prefix, idleTimeoutMs, signal }: ChunkOptions,
): AnswerChunks {
  const { response, route } = answer;
  const { name } = route.target;
  const streams = response.headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true;
  const chunks = streams ? sseChunks() : bodyChunks();
  const body = prefix && streams ? response.body?.pipeThrough(prefixSse(name)) : response.body;
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let failure: RouterError | undefined;
  let ended = false;
  const fail = (error: RouterError) => {
    failure ??= error;
    ended = true;
    idle.stop();
    reader?.cancel(error).catch(() => {});
  };
  const idle = onSilence(idleTimeoutMs, () => fail(silent(name, idleTimeoutMs)));
  const leave = () => fail(asRouterError(signal.reason));
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });

  const finish = (): string[] => {
    ended = true;
    idle.stop();
    signal.removeEventListener("abort", leave);
    const last = [...chunks.feed(decoder.decode()), ...chunks.end()];
    if (!chunks.complete) failure ??= chunks.failure ?? truncated(answer);
    return prefix && !streams ? last.map((text) => prefixChunk(text, name)) : last;
  };
  return {
    async next() {
      if (ended) return undefined;
      try {
        const read = await reader?.read();
        if (ended) return undefined;
        if (!read || read.done) return finish();
        idle.feed();
        const texts = chunks.feed(decoder.decode(read.value, { stream: true }));
        if (chunks.failure) fail(chunks.failure);
        return texts;
      } catch (thrown) {
        fail(signal.aborted ? asRouterError(signal.reason) : truncated(answer, thrown));
        return undefined;
      }
    },
    get failure() {
      return failure;
    },
  };
}
