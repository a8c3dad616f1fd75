/** Chat completions as server-sent events: `POST /v1/chat/completions`. */
import { createParser } from "eventsource-parser";
import { ApiError, errorFrom, errorOf, keyHeader, request } from "../../lib/api.ts";
import { isObject, type JsonObject, objectsOf, parseJson } from "../../lib/json.ts";
import { connectionLost } from "./error.ts";
import type { Attempt, Listener, Route, Transport } from "./transport.ts";

/** An entry of `x-router-trail`. */
const ATTEMPT = /^(?<model>.+?)(?: \((?<place>[^()]*)\))?: (?<outcome>\w+) (?<ms>\d+) ms$/;

export class SseTransport implements Transport {
  readonly #key: () => string;

  /** @param key Gives the client key at the time of sending. */
  constructor(key: () => string) {
    this.#key = key;
  }

  async send(body: JsonObject, listener: Listener, signal: AbortSignal): Promise<void> {
    const response = await request("/v1/chat/completions", {
      method: "POST",
      headers: { ...keyHeader(this.#key()), "content-type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
    if (!response.ok) throw await errorOf(response);
    const route = routeIn(response.headers);
    listener.route(route);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw notAStream(route);
    await readEvents(response, listener, route, signal);
  }

  warm(): void {}

  close(): void {}
}

/**
 * Complete is an answer with `[DONE]`. An OpenAI-compatible upstream's own stream comes as it is, so a finish reason
 * has to do there.
 */
async function readEvents(
  response: Response,
  listener: Listener,
  { requestId }: Route,
  signal: AbortSignal,
): Promise<void> {
  let complete = false;
  let failure: ApiError | undefined;
  const parser = createParser({
    onEvent({ data }) {
      if (failure) return;
      if (data === "[DONE]") {
        complete = true;
        return;
      }
      const chunk = parseJson(data);
      if (!isObject(chunk)) return;
      if (isObject(chunk.error)) failure = errorFrom(chunk, { requestId });
      else listener.chunk(chunk);
      complete ||= hasFinished(chunk);
    },
  });
  const decoder = new TextDecoder();
  try {
    for await (const bytes of chunksOf(response)) parser.feed(decoder.decode(bytes, { stream: true }));
  } catch {
    if (signal.aborted) throw signal.reason;
    throw failure ?? connectionLost();
  }
  if (failure) throw failure;
  if (!complete) throw connectionLost();
}

/** Not every browser can iterate over a body. */
async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  for (;;) {
    const read = await reader?.read();
    if (!read || read.done) return;
    yield read.value;
  }
}

function hasFinished(chunk: JsonObject): boolean {
  return objectsOf(chunk.choices).some((choice) => typeof choice.finish_reason === "string");
}

function routeIn(headers: Headers): Route {
  const attempts = Number(headers.get("x-router-attempts") ?? Number.NaN);
  return {
    model: headers.get("x-router-model") ?? undefined,
    strategy: headers.get("x-router-strategy") ?? undefined,
    attempts: Number.isInteger(attempts) ? attempts : undefined,
    dropped: (headers.get("x-router-dropped-params") ?? "").split(",").flatMap((name) => name.trim() || []),
    unknownModel: headers.get("x-router-unknown-model") ?? undefined,
    reason: decoded(headers.get("x-router-reason")),
    trail: attemptsIn(decoded(headers.get("x-router-trail")) ?? ""),
    requestId: headers.get("x-request-id") ?? undefined,
  };
}

/** What the router percent-encodes, as it was; undefined where it is missing. */
function decoded(text: string | null): string | undefined {
  try {
    return text === null ? undefined : decodeURIComponent(text);
  } catch {
    return text ?? undefined;
  }
}

/** `claude (eu-west-1): upstream_unavailable 120 ms; gpt: ok 300 ms`. What the header had no room for is missing. */
function attemptsIn(trail: string): Attempt[] {
  return trail.split("; ").flatMap((entry) => {
    const { model, place = "", outcome, ms } = ATTEMPT.exec(entry)?.groups ?? {};
    if (model === undefined || outcome === undefined) return [];
    return [{ model, place, outcome, ms: Number(ms) }];
  });
}

function notAStream({ requestId }: Route): ApiError {
  return new ApiError({
    code: "not_a_stream",
    message: "The model’s provider answered with something that is no stream.",
    requestId,
  });
}
