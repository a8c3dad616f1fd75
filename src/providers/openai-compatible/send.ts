/** Sends one request to an OpenAI-compatible upstream, with the key of its place. */
import type { OpenAiTarget } from "../../target.ts";
import type { Place } from "../../contracts.ts";
import type { ReadBinding } from "../../env.ts";
import { RouterError } from "../../errors.ts";
import { type Outbound, upstreamFetch } from "../http.ts";
import { apiKeysFor, missingApiKey } from "../api-keys.ts";
import { upstreamError } from "./errors.ts";
import { takeKey } from "../key-places.ts";
import { type Redact, redactor } from "../redact.ts";

/** Who calls: the target, with the key of one of its places. */
export interface Caller {
  readonly target: OpenAiTarget;
  readonly key: string | undefined;
  /** Takes the target's keys out of a text. */
  readonly redact: Redact;
}

export interface Posted {
  /** Behind the target's base URL. */
  readonly path: string;
  /** JSON. */
  readonly body: string;
  readonly accept: "application/json" | "text/event-stream";
}

/** @throws RouterError where the target wants a key and has none that a header can carry. */
export function callerAt(place: Place, target: OpenAiTarget, binding: ReadBinding): Caller {
  const keys = apiKeysFor(target, binding);
  const key = takeKey(place, keys);
  if (key === undefined && target.auth === "bearer") throw missingApiKey(target);
  if (key !== undefined) checkKey(key, target);
  return { target, key, redact: redactor(keys) };
}

/** @throws RouterError for every answer that is no success. */
export async function post(
  { target, key, redact }: Caller,
  { path, body, accept }: Posted,
  signal: AbortSignal,
): Promise<Response> {
  const outgoing: Outbound = {
    url: target.baseUrl + path,
    headers: {
      "content-type": "application/json",
      accept,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body,
  };
  const upstream = `The upstream of '${target.name}'`;
  const response = await upstreamFetch(outgoing, signal, upstream, () => `llms.${target.name}.base_url`);
  if (!response.ok) throw await upstreamError(response, target, redact);
  if (response.headers.get("content-type")?.toLowerCase().startsWith("text/html")) {
    await response.body?.cancel().catch(() => {});
    throw webPage(target);
  }
  return response;
}

/** A header with such a key would fail inside the runtime, whose error quotes the key. */
function checkKey(key: string, target: OpenAiTarget): void {
  if (/^[\x20-\x7e]+$/.test(key)) return;
  throw new RouterError(
    "config_invalid",
    `The API key of provider '${target.provider}' for the model '${target.name}' holds a line break or a character that no header can carry: it was probably wrapped or cut when it was pasted. Set it again, on one line.`,
  );
}

/** A base URL that is short of its `/v1` often leads to the provider's website, which answers everything with 200. */
function webPage(target: OpenAiTarget): RouterError {
  return new RouterError(
    "upstream_error",
    `The upstream of '${target.name}' answered with a web page instead of a completion. Check llms.${target.name}.base_url and chat_path.`,
  );
}
