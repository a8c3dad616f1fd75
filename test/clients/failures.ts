/** Failures of every class, and what each client of Responses makes of them. `docs/clients.md` tells the same in a table, with Codex's own numbers of retries. */
import type { Emulator } from "../../emulator/index.ts";
import { CLIENT_KEY } from "../support/stack.ts";

/** A key that has no money. */
export const POOR_KEY = "sk-test-key-without-money";

const SONNET = { provider: "bedrock", model: "global.anthropic.claude-sonnet-5-5" };

export function failingModels({ url, credentials, openaiUrl, openaiKey }: Emulator): object {
  const gpt = { provider: "openai", model: "gpt-4o", api_key: openaiKey };
  return {
    // One request may fill the router's memory.
    serve: { unknown_model: "reject", max_body_bytes: "64MiB" },
    router: { retry: 0 },
    keys: { poor: { money_day: 0.000_001 } },
    llms: {
      claude: SONNET,
      rejected: {
        ...SONNET,
        aws_access_key_id: credentials.accessKeyId,
        aws_secret_access_key: "wrong-secret-access-key",
      },
      gpt: { ...gpt, base_url: openaiUrl },
      hanging: { ...gpt, base_url: `${url}/@hang/openai/v1` },
    },
  };
}

/** What brings a failure about; a key, model and words that work unless given. */
export interface Way {
  readonly key?: string;
  readonly model?: string;
  readonly words?: string;
  readonly previous?: string;
}

export interface Told {
  /** The class of the error that a program gets from OpenAI's SDK, and so from the Agents SDK. */
  readonly openai: string;
  /** The same of the AI SDK. */
  readonly ai: string;
  readonly code: string;
  readonly param?: string;
  /** What Codex says to its user; missing where it never asks in such a way, or gets over it. */
  readonly codex?: RegExp;
}

export interface Failure {
  readonly way: Way;
  readonly status: number;
  readonly told: Told;
  /** How many requests OpenAI's libraries, the AI SDK and Codex (with one repetition of requests and of streams) make of one. */
  readonly asks: { readonly openai: number; readonly ai: number; readonly codex: number };
  /** No client asks again before so many seconds. */
  readonly waits?: number;
}

const LONG = "Tell me of the sea, the wind, the stars, the moon, the tides and the long way home";
const CALL = "AI_APICallError";
const ONCE = { openai: 1, ai: 1, codex: 1 };
/** Codex's message for every 500. */
const HIGH_DEMAND = /currently experiencing high demand/;

export const FAILURES: Readonly<Record<string, Failure>> = {
  "a wrong key": {
    way: { key: "sk-nobody-knows-this-key" },
    status: 401,
    told: {
      ...{ openai: "AuthenticationError", ai: CALL, code: "invalid_api_key" },
      codex: /unexpected status 401 Unauthorized: The API key is not one of this router's keys/,
    },
    asks: { ...ONCE, codex: 2 },
  },
  "an unknown model": {
    way: { model: "gpt-9" },
    status: 404,
    told: {
      ...{ openai: "NotFoundError", ai: CALL, code: "model_not_found", param: "model" },
      codex: /The model 'gpt-9' does not exist here\. Models: auto, claude/,
    },
    asks: ONCE,
  },
  "a wrong parameter": {
    way: { model: "gpt", words: "[[fault: 400]]" },
    status: 400,
    told: {
      ...{ openai: "BadRequestError", ai: CALL, code: "invalid_value", param: "temperature" },
      codex: /"message":"Invalid value for 'temperature'\.".*"param":"temperature"/,
    },
    asks: ONCE,
  },
  "too long a conversation": {
    way: { words: "[[fault: too-long]]" },
    status: 400,
    told: {
      ...{ openai: "BadRequestError", ai: CALL, code: "context_length_exceeded", param: "input" },
      codex: /ran out of room in the model's context window/,
    },
    asks: ONCE,
  },
  "a forgotten response": {
    way: { previous: "resp_00000000000000000000000000_1" },
    status: 400,
    told: {
      ...{ openai: "BadRequestError", ai: CALL },
      ...{ code: "previous_response_not_found", param: "previous_response_id" },
    },
    asks: { ...ONCE, codex: 0 },
  },
  throttling: {
    way: { words: "[[fault: throttle 2]]" },
    status: 429,
    told: {
      ...{ openai: "RateLimitError", ai: CALL, code: "rate_limit_exceeded" },
      codex: /exceeded retry limit, last status: 429 Too Many Requests/,
    },
    asks: { openai: 3, ai: 3, codex: 2 },
    waits: 2,
  },
  "no money left": {
    way: { key: POOR_KEY },
    status: 429,
    told: {
      ...{ openai: "RateLimitError", ai: CALL, code: "insufficient_quota" },
      codex: /Quota exceeded/,
    },
    asks: { openai: 1, ai: 3, codex: 1 },
  },
  "wrong credentials of the router": {
    way: { model: "rejected" },
    status: 500,
    told: {
      ...{ openai: "InternalServerError", ai: CALL, code: "aws_credentials_rejected" },
      codex: HIGH_DEMAND,
    },
    asks: { openai: 1, ai: 3, codex: 4 },
  },
  "an upstream that is down": {
    way: { words: "[[fault: unavailable]]" },
    status: 500,
    told: {
      ...{ openai: "InternalServerError", ai: CALL, code: "upstream_unavailable" },
      codex: HIGH_DEMAND,
    },
    asks: { openai: 3, ai: 3, codex: 4 },
  },
  "an error after some text": {
    way: { words: `[[fault: exception modelStreamErrorException]] ${LONG}` },
    status: 200,
    told: { openai: "APIError", ai: "AI_StreamProviderError", code: "upstream_error" },
    // It sends what it got along, and goes on from there.
    asks: { ...ONCE, codex: 2 },
  },
  "an answer that breaks off": {
    way: { words: `[[fault: cut]] ${LONG}` },
    status: 200,
    told: { openai: "APIError", ai: "AI_StreamProviderError", code: "upstream_truncated" },
    asks: { ...ONCE, codex: 2 },
  },
};

/** While another request of the same key fills the router's memory. */
export const OVERLOADED: Failure = {
  way: {},
  status: 503,
  told: {
    ...{ openai: "InternalServerError", ai: CALL, code: "overloaded" },
    codex: /unexpected status 503 Service Unavailable: The router has too much in hand/,
  },
  asks: { openai: 3, ai: 3, codex: 4 },
};

/** What fills the router's memory and keeps it: as a body, and once more under way to a model that says nothing. */
export async function fillMemory(router: string, signal: AbortSignal): Promise<void> {
  const input = "x".repeat(30 * 2 ** 20);
  await fetch(`${router}/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "hanging", input, store: false }),
    signal,
  });
}
