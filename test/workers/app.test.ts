import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { errorHeaders } from "../../src/http/headers.ts";
import { type ErrorCode, RouterError } from "../../src/errors.ts";
import { claudeAnswer, playUpstream, refusal } from "../support/upstream.ts";
import { ask, CLAUDE, chat, envOf, errorOf, GPT, KEY, quietLog } from "./support.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

const GETS = ["/models", "/v1/models", "/models/auto", "/v1/models/auto", "/health", "/v1/health"];
const MORE_GETS = ["/routers", "/v1/routers", "/"];

describe("paths", () => {
  it.each([...GETS, ...MORE_GETS])("GET %s answers JSON", async (path) => {
    const response = await ask(envOf(), path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toBeTypeOf("object");
  });

  it.each(["/v1/chat/completions", "/chat/completions", "/v1/chat/completions/", "/v1/chat/completions?a=b"])(
    "POST %s answers a chat completion",
    async (path) => {
      playUpstream(claudeAnswer("Hello"));
      const body = { messages: [{ role: "user", content: "Hi" }] };
      const response = await ask(envOf(), path, { method: "POST", body });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ object: "chat.completion", model: "claude" });
    },
  );

  it.each([...GETS, "/routers"])("GET %s with a trailing slash is the same", async (path) => {
    const plain = await ask(envOf(), path);
    const slashed = await ask(envOf(), `${path}/`);
    expect(slashed.status).toBe(200);
    expect(await slashed.json()).toEqual(await plain.json());
  });

  it.each([...GETS, ...MORE_GETS])("HEAD %s is GET without its body", async (path) => {
    const response = await ask(envOf(), path, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe("");
  });

  it("HEAD needs a key where GET does", async () => {
    const response = await ask(envOf(), "/v1/models", { method: "HEAD", key: null });
    expect(response.status).toBe(401);
    expect(await response.text()).toBe("");
  });

  it.each(["/v1/completions", "/v2/models", "/v1/v1/models", "/v1", "/favicon.ico", "/v1/chat"])(
    "%s is an unknown path: 404 naming the endpoints that exist",
    async (path) => {
      const response = await ask(envOf(), path);
      expect(response.status).toBe(404);
      const { message, ...rest } = await errorOf(response);
      expect(rest).toEqual({ type: "invalid_request_error", param: null, code: "not_found" });
      for (const name of [
        path,
        "POST /v1/chat/completions",
        "GET /v1/models",
        "GET /health",
        "GET /routers",
      ]) {
        expect(message).toContain(name);
      }
      expect(response.headers.get("x-should-retry")).toBe("false");
    },
  );

  it.each([
    ["GET", "/v1/chat/completions", "POST, OPTIONS"],
    ["DELETE", "/chat/completions/", "POST, OPTIONS"],
    ["POST", "/v1/models", "GET, HEAD, OPTIONS"],
    ["DELETE", "/v1/models/claude", "GET, HEAD, OPTIONS"],
    ["PATCH", "/health", "GET, HEAD, OPTIONS"],
    ["PUT", "/routers", "GET, HEAD, OPTIONS"],
    ["POST", "/", "GET, HEAD, OPTIONS"],
  ])("%s %s is 405 with Allow: %s", async (method, path, allow) => {
    const response = await ask(envOf(), path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { message, ...rest } = await errorOf(response);
    expect(message).toContain(allow);
    expect(rest).toEqual({ type: "invalid_request_error", param: null, code: "method_not_allowed" });
  });

  it("HEAD where only POST is known is 405 too", async () => {
    const response = await ask(envOf(), "/v1/chat/completions", { method: "HEAD" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST, OPTIONS");
    expect(await response.text()).toBe("");
  });
});

describe("GET /", () => {
  it("says what this is and where to go, to anyone, and nothing of the configuration", async () => {
    const response = await ask(envOf("llms: {", { ROUTER_API_KEYS: "" }), "/", { key: null });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      name: "OpenClaw Edge Router",
      endpoints: expect.objectContaining({
        chat: "POST /v1/chat/completions",
        models: "GET /v1/models",
        health: "GET /health",
        routers: "GET /routers",
      }),
    });
  });
});

describe("GET /v1/models", () => {
  const env = () =>
    envOf({
      llms: {
        claude: { ...CLAUDE, description: "Careful", input_price: 3, output_price: 15 },
        "meta/llama": { ...GPT, provider: "Acme", max_tokens: 512, context_limit: 8192 },
        "a b": GPT,
      },
    });
  /** In the fields of both SDKs. */
  const named = (id: string) => ({
    id,
    object: "model",
    created: 1_767_225_600,
    type: "model",
    display_name: id,
    created_at: "2026-01-01T00:00:00.000Z",
  });
  const auto = {
    ...named("auto"),
    owned_by: "openclaw-edge-router",
    description: expect.stringContaining("random"),
  };
  const claude = {
    ...named("claude"),
    owned_by: "bedrock",
    description: "Careful",
    upstream_model: CLAUDE.model,
    regions: ["us-east-1"],
    context_window: 200_000,
    max_completion_tokens: 64_000,
    capabilities: { tools: true, images: true, streaming: true, reasoning: true },
    input_price: 3,
    output_price: 15,
    // Beside what is configured, what AWS lists.
    cache_read_price: 0.55,
    cache_write_price: 6.875,
    cache_write_1h_price: 11,
  };
  const llama = {
    ...named("meta/llama"),
    owned_by: "acme",
    description: "",
    upstream_model: GPT.model,
    context_window: 8192,
    max_completion_tokens: 512,
  };
  const spaced = {
    ...named("a b"),
    owned_by: "acme",
    description: "",
    upstream_model: GPT.model,
  };

  it("lists auto and then the configured models in their order, with what is known of their limits", async () => {
    const body = await (await ask(env(), "/v1/models")).json();
    expect(body).toEqual({
      object: "list",
      data: [auto, claude, llama, spaced],
      has_more: false,
      first_id: "auto",
      last_id: "a b",
    });
  });

  it.each([
    ["/v1/models/auto", auto],
    ["/v1/models/claude", claude],
    ["/v1/models/meta/llama", llama],
    ["/models/meta%2Fllama", llama],
    ["/v1/models/meta/llama/", llama],
    ["/v1/models/a%20b", spaced],
  ])("%s is one of them", async (path, expected) => {
    const response = await ask(env(), path);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(expected);
  });

  it("says where each is called, without the number of an account, and which are the emulator's", async () => {
    const emulator = "http://127.0.0.1:4566";
    const arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0";
    const here = envOf(
      {
        llms: {
          listed: { ...CLAUDE, aws_region: ["eu-west-1", "eu-central-1"] },
          profile: { provider: "bedrock", model: arn },
          elsewhere: { ...CLAUDE, base_url: "https://vpc.example", aws_region: "eu-west-1" },
          near: { ...GPT, base_url: `${emulator}/openai/v1` },
          beside: { ...GPT, base_url: `${emulator}0/v1` },
        },
      },
      { AWS_REGION: "no region", AWS_ENDPOINT_URL_BEDROCK_RUNTIME: emulator, ROUTER_EMULATOR: emulator },
    );
    const { data } = await (await ask(here, "/v1/models")).json<{ data: Record<string, unknown>[] }>();
    const told = data.map(({ id, upstream_model, regions, emulated }) => [
      id,
      upstream_model,
      regions,
      emulated,
    ]);
    expect(told).toEqual([
      ["auto", undefined, undefined, undefined],
      ["listed", CLAUDE.model, ["eu-west-1", "eu-central-1"], true],
      ["profile", arn.replace("123456789012", "[account]"), undefined, true],
      ["elsewhere", CLAUDE.model, ["eu-west-1"], undefined],
      ["near", GPT.model, undefined, true],
      ["beside", GPT.model, undefined, undefined],
    ]);
  });

  it.each(["/v1/models/gpt-9", "/v1/models/claude/x", "/v1/models/%E0%A4%A"])("%s is 404", async (path) => {
    const response = await ask(env(), path);
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({
      type: "invalid_request_error",
      param: "model",
      code: "model_not_found",
    });
  });
});

describe("GET /routers", () => {
  it("names the strategies and the one in use", async () => {
    expect(await (await ask(envOf(), "/routers")).json()).toEqual({
      available_routers: expect.arrayContaining(["random"]),
      routers: expect.arrayContaining([{ name: "random", description: expect.stringMatching(/\S/) }]),
      current: "random",
    });
  });
});

describe("x-request-id", () => {
  const pattern = /^req_[0-9a-f]{32}$/;

  it.each([
    ["an answer", "GET", "/v1/models", KEY],
    ["401", "GET", "/v1/models", null],
    ["404", "GET", "/nothing", KEY],
    ["405", "DELETE", "/v1/models", KEY],
    ["a bad request", "POST", "/v1/chat/completions", KEY],
    ["a preflight", "OPTIONS", "/v1/models", null],
  ])("is on %s", async (_, method, path, key) => {
    const response = await ask(envOf(), path, { method, key });
    expect(response.headers.get("x-request-id")).toMatch(pattern);
  });

  it("is another for each request, and the log has the same beside the cause", async () => {
    const log = quietLog();
    playUpstream(refusal(400, "ValidationException", "The provided model identifier is invalid."));
    const failed = await chat(envOf());
    const other = await ask(envOf(), "/");
    expect(other.headers.get("x-request-id")).not.toBe(failed.headers.get("x-request-id"));
    expect(log()).toEqual([
      {
        request_id: failed.headers.get("x-request-id"),
        code: "bedrock_model_invalid",
        message: (await errorOf(failed)).message,
        cause: expect.stringContaining("The provided model identifier is invalid."),
      },
    ]);
  });
});

/** Status, type and advice of every code, as the design has them. */
const TABLE: Readonly<Record<ErrorCode, readonly [status: number, type: string, retry: boolean]>> = {
  invalid_api_key: [401, "invalid_request_error", false],
  origin_not_allowed: [403, "invalid_request_error", false],
  model_not_allowed: [403, "invalid_request_error", false],
  insufficient_quota: [429, "insufficient_quota", false],
  price_unknown: [500, "server_error", false],
  limits_unavailable: [503, "server_error", true],
  not_found: [404, "invalid_request_error", false],
  model_not_found: [404, "invalid_request_error", false],
  method_not_allowed: [405, "invalid_request_error", false],
  request_timeout: [408, "invalid_request_error", false],
  request_too_large: [413, "invalid_request_error", false],
  upgrade_required: [426, "invalid_request_error", false],
  response_not_found: [404, "invalid_request_error", false],
  previous_response_not_found: [400, "invalid_request_error", false],
  resume_expired: [410, "invalid_request_error", false],
  too_many_turns: [429, "rate_limit_error", false],
  too_many_sockets: [429, "rate_limit_error", false],
  turn_cancelled: [499, "invalid_request_error", false],
  invalid_json: [400, "invalid_request_error", false],
  invalid_value: [400, "invalid_request_error", false],
  unsupported_parameter: [400, "invalid_request_error", false],
  unsupported_content: [400, "invalid_request_error", false],
  context_length_exceeded: [400, "invalid_request_error", false],
  client_closed_request: [499, "invalid_request_error", false],
  upstream_invalid_request: [400, "invalid_request_error", false],
  config_invalid: [500, "server_error", false],
  client_keys_missing: [500, "server_error", false],
  no_models: [500, "server_error", false],
  binding_missing: [500, "server_error", false],
  api_key_missing: [500, "server_error", false],
  aws_credentials_missing: [500, "server_error", false],
  aws_credentials_rejected: [500, "server_error", false],
  aws_credentials_expired: [500, "server_error", false],
  aws_role_refused: [500, "server_error", false],
  aws_access_denied: [500, "server_error", false],
  bedrock_model_invalid: [500, "server_error", false],
  bedrock_model_access_denied: [500, "server_error", false],
  bedrock_inference_profile_required: [500, "server_error", false],
  bedrock_region_unsupported: [500, "server_error", false],
  bedrock_quota_exceeded: [500, "server_error", false],
  upstream_credentials_rejected: [500, "server_error", false],
  upstream_timeout: [500, "server_error", true],
  upstream_unreachable: [500, "server_error", true],
  upstream_error: [500, "server_error", true],
  upstream_unavailable: [500, "server_error", true],
  upstream_not_ready: [500, "server_error", true],
  upstream_stream_invalid: [500, "server_error", true],
  upstream_truncated: [500, "server_error", true],
  rate_limit_exceeded: [429, "rate_limit_error", true],
  overloaded: [503, "server_error", true],
  session_unavailable: [503, "server_error", true],
  turn_interrupted: [500, "server_error", true],
  internal_error: [500, "server_error", false],
};

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(TABLE, code);
}

describe("errors", () => {
  it.each(Object.keys(TABLE).filter(isCode))("%s has its status, type and x-should-retry", (code) => {
    const error = new RouterError(code, "why");
    const [status, type, retry] = TABLE[code];
    expect([error.status, error.type, error.shouldRetry]).toEqual([status, type, retry]);
    expect(error.toBody()).toEqual({ error: { message: "why", type, param: null, code } });
    expect(errorHeaders(error)).toEqual({
      "x-should-retry": String(retry),
      ...(code === "rate_limit_exceeded" && { "retry-after": "1" }),
      ...(code === "invalid_api_key" && { "www-authenticate": "Bearer" }),
      ...(code === "upgrade_required" && { upgrade: "websocket" }),
    });
    const entry = { model: "m", place: "", outcome: code, ms: 1 };
    expect(error.after([entry], false).shouldRetry).toBe(retry);
    expect(error.after([entry, entry], false).shouldRetry).toBe(code === "rate_limit_exceeded");
  });

  it("shows nothing of an unexpected failure but where to look; its text goes to the log", async () => {
    const log = quietLog();
    vi.spyOn(Math, "random").mockImplementation(() => {
      throw new Error("secret inside");
    });
    const response = await chat(envOf());
    expect(response.status).toBe(500);
    const { message, ...rest } = await errorOf(response);
    expect(rest).toEqual({ type: "server_error", param: null, code: "internal_error" });
    expect(message).toContain("x-request-id");
    expect(message).not.toContain("secret");
    expect(log()).toEqual([expect.objectContaining({ cause: expect.stringContaining("secret inside") })]);
  });

  it("stays out of the log where the client is at fault", async () => {
    const log = quietLog();
    await ask(envOf(), "/v1/models", { key: "wrong" });
    await chat(envOf(), { messages: [] });
    await ask(envOf(), "/nothing");
    expect(log()).toEqual([]);
  });
});
