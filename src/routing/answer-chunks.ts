/** An answer of dispatch as chunk JSON texts, whoever gives it: for skins that send chunk by chunk. */
import { asRouterError, RouterError } from "../errors.ts";
import { type AnswerIdentity, chunkEncoder } from "../dialects/openai-chat/client/chunks.ts";
import { bodyChunks, sseChunks } from "../dialects/openai-chat/upstream/native-chunks.ts";
import { prefixBody, prefixSse } from "../dialects/openai-chat/upstream/prefix-native.ts";
import { onSilence } from "../lib/timing.ts";
import type { Answer } from "./dispatch.ts";
import { withPrefix } from "./prefixed.ts";

export interface AnswerChunks {
  /** The chunks of the next read, maybe none; undefined once the answer has ended. Never rejects. */
  next(): Promise<readonly string[] | undefined>;
  /** Lets go of the upstream. */
  cancel(): void;
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
    cancel() {
      ended = true;
      rest.cancel();
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
  const streams =
    response.headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true;
  const chunks = streams ? sseChunks() : bodyChunks(prefix ? (text) => prefixBody(text, name) : undefined);
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
    return last;
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
    cancel: () => fail(truncated(answer)),
    get failure() {
      return failure;
    },
  };
}

function truncated({ route }: Answer, cause?: unknown): RouterError {
  return new RouterError(
    "upstream_truncated",
    `The answer of '${route.target.name}' broke off before it was complete. Try again; what came so far is not the whole answer.`,
    cause === undefined ? {} : { cause },
  );
}

function silent(name: string, idleTimeoutMs: number): RouterError {
  return new RouterError(
    "upstream_timeout",
    `'${name}' sent nothing for ${idleTimeoutMs / 1000} s in the middle of its answer. Try again, or raise router.idle_timeout.`,
  );
}
