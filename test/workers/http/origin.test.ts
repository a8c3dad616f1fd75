import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isAllowedOrigin } from "../../../src/http/origin.ts";
import { claudeAnswer, claudeFrames, eventStream, playUpstream } from "../../support/upstream.ts";
import { type Ask, ask, CLAUDE, chat, envOf, errorOf, ORIGIN, quietLog } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

const APP = "https://app.example";
const EVIL = "https://evil.example";

function envWith(origins: readonly string[], more: Record<string, string> = {}) {
  return envOf({ llms: { claude: CLAUDE }, serve: { cors_origins: origins } }, more);
}
const from = (origin: string, more: Ask = {}): Ask => ({ ...more, headers: { origin, ...more.headers } });

describe("a request's origin", () => {
  it.each([
    ["the router's own", [], ORIGIN],
    ["a listed one", ["https://else.example", APP], APP],
    ["any, with *", ["*"], EVIL],
    ["a sandboxed page's, with *", ["*"], "null"],
  ])("passes: %s", async (_, origins, origin) => {
    const response = await ask(envWith(origins), "/v1/models", from(origin));
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
    expect(response.headers.get("vary")).toContain("Origin");
  });

  it("may be missing: that is no web page", async () => {
    const response = await ask(envWith([APP]), "/v1/models");
    expect(response.status).toBe(200);
    expect(response.headers.has("access-control-allow-origin")).toBe(false);
  });

  const MODES: [string, Record<string, string>, string][] = [
    ["keys", {}, ORIGIN],
    ["none", { ROUTER_AUTH: "none", ROUTER_API_KEYS: "" }, "http://localhost:8787"],
    ["none-public", { ROUTER_AUTH: "none-public", ROUTER_API_KEYS: "" }, ORIGIN],
    ["no keys at all", { ROUTER_API_KEYS: "" }, ORIGIN],
  ];
  it.each(MODES)("is refused with 403 when it is not listed, in every mode: %s", async (_, mode, host) => {
    const calls = playUpstream();
    const body = { messages: [{ role: "user", content: "Spend!" }] };
    for (const origin of [EVIL, "null", `${APP}.evil.example`, "http://app.example", `${APP}:8443`]) {
      const url = `${host}/v1/chat/completions`;
      const response = await ask(envWith([APP], mode), url, from(origin, { method: "POST", body }));
      expect(response.status).toBe(403);
      expect(response.headers.has("access-control-allow-origin")).toBe(false);
      expect(await errorOf(response)).toMatchObject({
        type: "invalid_request_error",
        param: null,
        code: "origin_not_allowed",
        message: expect.stringContaining("serve.cors_origins"),
      });
    }
    expect(calls).toEqual([]);
  });

  it("is refused on every path, open ones and unknown ones too", async () => {
    for (const path of ["/", "/health", "/v1/models", "/routers", "/nothing"]) {
      expect((await ask(envWith([]), path, from(EVIL))).status).toBe(403);
    }
  });

  it("is its own only with the same scheme, host and port", () => {
    const own = "http://localhost:8787";
    expect(isAllowedOrigin(own, own, [])).toBe(true);
    for (const other of [
      "http://localhost",
      "https://localhost:8787",
      "http://localhost:87870",
      "null",
      "",
    ]) {
      expect(isAllowedOrigin(other, own, [])).toBe(false);
    }
  });

  it("is matched although a listed one is written with a path's slash or in capitals", async () => {
    const response = await ask(envWith(["HTTPS://App.Example/"]), "/v1/models", from(APP));
    expect(response.status).toBe(200);
  });

  it("passes only if it is the router's own while the configuration is broken", async () => {
    const env = envOf({ llms: {}, serve: { cors_origins: ["*"] } });
    expect((await ask(env, "/v1/models", from(APP))).status).toBe(403);
    const own = await ask(env, "/v1/models", from(ORIGIN));
    expect((await errorOf(own)).code).toBe("config_invalid");
    expect(own.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  });
});

describe("a preflight", () => {
  const preflight = (origin: string, headers = "authorization, content-type,x-stainless-os"): Ask =>
    from(origin, {
      method: "OPTIONS",
      key: null,
      headers: { "access-control-request-method": "POST", "access-control-request-headers": headers },
    });

  it.each(["/v1/chat/completions", "/chat/completions", "/v1/models", "/health"])(
    "to %s is answered before auth, with the requested headers",
    async (path) => {
      const response = await ask(envWith([APP]), path, preflight(APP));
      expect(response.status).toBe(204);
      expect(await response.text()).toBe("");
      const { headers } = response;
      expect(headers.get("access-control-allow-origin")).toBe(APP);
      expect(headers.get("access-control-allow-headers")?.split(/, ?/)).toEqual([
        "authorization",
        "content-type",
        "x-stainless-os",
      ]);
      expect(headers.get("access-control-allow-methods")?.split(/, ?/)).toEqual(
        expect.arrayContaining(["GET", "HEAD", "POST", "OPTIONS"]),
      );
      expect(headers.get("access-control-max-age")).toMatch(/^[1-9]\d*$/);
      expect(headers.get("vary")).toContain("Origin");
    },
  );

  it("from another origin allows nothing", async () => {
    const response = await ask(envWith([APP]), "/v1/chat/completions", preflight(EVIL));
    expect(response.headers.has("access-control-allow-origin")).toBe(false);
    expect(await response.text()).toBe("");
  });

  it("lets no credentials be sent along: keys are in headers, not in cookies", async () => {
    const response = await ask(envWith(["*"]), "/v1/models", preflight(APP));
    expect(response.headers.has("access-control-allow-credentials")).toBe(false);
  });
});

describe("what a page's script may read", () => {
  const EXPOSED = [
    ...["x-request-id", "x-router-model", "x-router-strategy", "x-router-reason", "x-router-trail"],
    ...["x-router-attempts"],
    ...["x-router-dropped-params", "x-router-unknown-model", "retry-after", "x-should-retry"],
    ...["x-router-estimated", "request-id"],
    ...["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
    ...["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
  ];
  const readable = (response: Response) => ({
    origin: response.headers.get("access-control-allow-origin"),
    exposed: response.headers.get("access-control-expose-headers")?.split(/, ?/).sort(),
  });
  const all = { origin: APP, exposed: EXPOSED.sort() };

  it("is on answers, whole and streamed", async () => {
    playUpstream(claudeAnswer("Hello"), eventStream(claudeFrames("Hello")));
    expect(readable(await chat(envWith([APP]), {}, from(APP)))).toEqual(all);
    const streamed = await chat(envWith([APP]), { stream: true }, from(APP));
    expect(readable(streamed)).toEqual(all);
    await streamed.text();
  });

  it.each<[number, string, Ask]>([
    [401, "/v1/models", { key: "wrong" }],
    [404, "/nothing", {}],
    [404, "/v1/models/nothing", {}],
    [405, "/v1/models", { method: "DELETE" }],
    [400, "/v1/chat/completions", { method: "POST", body: "no json" }],
  ])("is on errors too: %i %s", async (status, path, options) => {
    const response = await ask(envWith([APP]), path, from(APP, options));
    expect(response.status).toBe(status);
    expect(readable(response)).toEqual(all);
  });
});
