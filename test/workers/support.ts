/** Asks the router, with any configuration, inside workerd. */
import { createExecutionContext } from "cloudflare:test";
import { expect, vi } from "vitest";
import { app } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { prepareConfig } from "../../src/services.ts";
import { type WireError, wireError } from "../support/wire.ts";

const utf8 = new TextEncoder();

/** The one client key, unless a test says otherwise. */
export const KEY = "sk-router-test-key";
export const ORIGIN = "https://router.example";

/** A Bedrock model that the catalogue knows. */
export const CLAUDE = { provider: "bedrock", model: "anthropic.claude-opus-4-5-20251101-v1:0" };
/** An OpenAI-compatible model. */
export const GPT = { provider: "acme", model: "acme/gpt", base_url: "https://acme.example/v1", api_key: "k" };
/** One further attempt, without a pause. */
export const RETRY_AT_ONCE = { attempts: 1, base_ms: 0, max_ms: 0 };
export const NO_RETRY = { attempts: 0, base_ms: 0, max_ms: 0 };

/** Bindings with a configuration (an object is written as JSON, which is YAML), a key and AWS credentials. */
export function envOf(config: object | string = { llms: { claude: CLAUDE } }, more: Env = {}): Env {
  return {
    ROUTER_API_KEYS: KEY,
    ROUTER_CONFIG: typeof config === "string" ? config : JSON.stringify(config),
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI",
    ...more,
  };
}

/** Gives a Durable Object other bindings than those of wrangler.toml, with their configuration read as when it is constructed. */
export async function rebind(object: object, value: Env): Promise<void> {
  await prepareConfig(value);
  Object.defineProperty(object, "env", { value });
}

export interface Ask {
  readonly method?: string;
  /** Sent as a bearer token; null sends none. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: object | string | ReadableStream;
  readonly signal?: AbortSignal;
}

/** @param target A path, or a whole URL to call the router under another host. */
export async function ask(env: Env, target: string, options: Ask = {}): Promise<Response> {
  const { method = "GET", key = KEY, headers, body, signal } = options;
  const sent = typeof body === "object" && !(body instanceof ReadableStream) ? JSON.stringify(body) : body;
  const request = new Request(new URL(target, ORIGIN), {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      // As HTTP clients announce what they have whole.
      ...(typeof sent === "string" && { "content-length": String(utf8.encode(sent).length) }),
      ...headers,
    },
    ...(sent !== undefined && { body: sent }),
    ...(signal && { signal }),
  });
  return app.fetch(request, env, createExecutionContext());
}

/** Sends a chat completion; without `messages` the user says "Hi". */
export function chat(env: Env, body: object = {}, options: Ask = {}): Promise<Response> {
  return ask(env, "/v1/chat/completions", {
    method: "POST",
    body: { messages: [{ role: "user", content: "Hi" }], ...body },
    ...options,
  });
}

/** The error of an answer; fails unless the body is OpenAI's error object and the headers say whether to retry. */
export async function errorOf(response: Response): Promise<WireError> {
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("x-should-retry")).toMatch(/^(true|false)$/);
  expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
  return wireError(await response.json());
}

/** Keeps the log quiet, and gives the lines that the router would have written. */
export function quietLog(): () => readonly unknown[] {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  vi.spyOn(console, "warn").mockImplementation(() => {});
  return () =>
    error.mock.calls.map(([line]): unknown => (typeof line === "string" ? JSON.parse(line) : line));
}

/** Lets the event loop turn until nothing can happen any more without the test or a timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
