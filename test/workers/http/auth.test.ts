import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { authenticate, isLoopback, requestKey } from "../../../src/http/auth.ts";
import { claudeAnswer, playUpstream } from "../../support/upstream.ts";
import { ask, CLAUDE, chat, envOf, errorOf, KEY, quietLog } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

/** Status of a call that needs a key. */
async function status(keys: string, headers: Record<string, string>): Promise<number> {
  const env = envOf(undefined, { ROUTER_API_KEYS: keys });
  return (await ask(env, "/v1/models", { key: null, headers })).status;
}
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** The name of the client that a key lets in, or the code of the refusal. */
async function clientOf(key: string | undefined, bindings: Record<string, string>, host = "router.example") {
  try {
    return (await authenticate(key, host, (name) => bindings[name])).name;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown ? { code: thrown.code } : thrown;
  }
}

describe("a client key", () => {
  it.each([
    ["a bearer token", bearer("k1")],
    ["a bearer token, the scheme in any case", { authorization: "bearer k1" }],
    ["a bearer token between spaces", { authorization: "Bearer   k1  " }],
    ["x-api-key", { "x-api-key": "k1" }],
    ["x-api-key beside another scheme", { authorization: "Basic dXNlcg==", "x-api-key": "k1" }],
  ])("comes as %s", async (_, headers) => {
    expect(await status("k1", headers)).toBe(200);
  });

  it.each([
    ["none", {}],
    ["a wrong one", bearer("k2")],
    ["a wrong x-api-key", { "x-api-key": "k2" }],
    ["an empty one", { authorization: "Bearer " }],
    ["one that only begins like it", bearer("k")],
    ["one that goes on after it", bearer("k11")],
    ["one in other case", bearer("K1")],
    ["another scheme", { authorization: "Basic k1" }],
    ["no scheme", { authorization: "k1" }],
    ["a right x-api-key behind a wrong bearer token", { ...bearer("k2"), "x-api-key": "k1" }],
    ["two words", bearer("k1 k1")],
  ])("is refused with 401 invalid_api_key: %s", async (_, headers) => {
    const env = envOf(undefined, { ROUTER_API_KEYS: "k1" });
    const response = await ask(env, "/v1/models", { key: null, headers });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { message, ...rest } = await errorOf(response);
    expect(rest).toEqual({ type: "invalid_request_error", param: null, code: "invalid_api_key" });
    expect(message).not.toMatch(/k[12]/);
  });

  it("is one of several, with and without names, spaces around them", async () => {
    const keys = " k1 , alice=k2,,bob.x-1=k3 ";
    for (const key of ["k1", "k2", "k3"]) expect(await status(keys, bearer(key))).toBe(200);
    for (const key of ["alice", "alice=k2", "bob.x-1=k3", "bob.x-1", ",", "k1,alice=k2"]) {
      expect(await status(keys, bearer(key))).toBe(401);
    }
  });

  it("tells the client's name: what stands before the =, else its number", async () => {
    const bindings = { ROUTER_API_KEYS: "k1,alice=k2,k3" };
    expect(await clientOf("k1", bindings)).toBe("key-1");
    expect(await clientOf("k2", bindings)).toBe("alice");
    expect(await clientOf("k3", bindings)).toBe("key-3");
  });

  it.each([
    ["aGVsbG8=", "aGVsbG8=", "key-1"],
    ["aGVsbA==", "aGVsbA==", "key-1"],
    ["a+b/c0==", "a+b/c0==", "key-1"],
    ["alice=aGVsbA==", "aGVsbA==", "alice"],
  ])("may be base64 with padding: %s takes %s", async (configured, key, name) => {
    expect(await clientOf(key, { ROUTER_API_KEYS: configured })).toBe(name);
    expect(await clientOf(key.replace(/=+$/, ""), { ROUTER_API_KEYS: configured })).toEqual({
      code: "invalid_api_key",
    });
  });

  it("is read from the headers: the bearer token, else x-api-key", () => {
    expect(requestKey(new Headers({ authorization: "Bearer a", "x-api-key": "b" }))).toBe("a");
    expect(requestKey(new Headers({ "x-api-key": " b " }))).toBe("b");
    expect(requestKey(new Headers({ "x-api-key": "" }))).toBeUndefined();
    expect(requestKey(new Headers())).toBeUndefined();
  });

  it("counts again after the binding has changed", async () => {
    expect(await clientOf("k1", { ROUTER_API_KEYS: "k1" })).toBe("key-1");
    expect(await clientOf("k1", { ROUTER_API_KEYS: "k2" })).toEqual({ code: "invalid_api_key" });
  });

  it("is asked for before the body is read, and nothing goes upstream without it", async () => {
    const calls = playUpstream();
    const response = await chat(envOf(), {}, { key: "wrong", body: "not json" });
    expect((await errorOf(response)).code).toBe("invalid_api_key");
    expect(calls).toEqual([]);
  });
});

describe("without any client key configured", () => {
  it.each(["", "  ", ",", " , ,"])("ROUTER_API_KEYS %j refuses every call with the command", async (keys) => {
    const env = envOf(undefined, { ROUTER_API_KEYS: keys });
    for (const key of [null, "anything", ","]) {
      const response = await ask(env, "/v1/models", { key });
      expect(response.status).toBe(500);
      const { message, code } = await errorOf(response);
      expect(code).toBe("client_keys_missing");
      expect(message).toContain("npx wrangler secret put ROUTER_API_KEYS");
    }
  });

  it("refuses when the binding is no text", async () => {
    const response = await ask(envOf(undefined, { ROUTER_API_KEYS: 7 }), "/v1/models", { key: "7" });
    expect((await errorOf(response)).code).toBe("client_keys_missing");
  });
});

describe("ROUTER_AUTH", () => {
  const open = { ROUTER_AUTH: "none", ROUTER_API_KEYS: "" };

  it.each(["http://localhost:8787", "http://127.0.0.1:8787", "http://127.9.9.9", "http://[::1]:8787"])(
    "none opens %s",
    async (host) => {
      const response = await ask(envOf(undefined, open), `${host}/v1/models`, { key: null });
      expect(response.status).toBe(200);
    },
  );

  it.each([
    "https://router.example",
    "http://192.168.1.2:8787",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://0.0.0.0",
    "http://[::2]",
  ])("none refuses %s with the command", async (host) => {
    const response = await ask(envOf(undefined, open), `${host}/v1/models`, { key: null });
    expect(response.status).toBe(500);
    const { message, code } = await errorOf(response);
    expect(code).toBe("client_keys_missing");
    expect(message).toContain("npx wrangler secret put ROUTER_API_KEYS");
  });

  it("none does not open other hosts to a valid key either, since it puts the keys out of use", async () => {
    const env = envOf(undefined, { ROUTER_AUTH: "none" });
    expect((await ask(env, "/v1/models", { key: KEY })).status).toBe(500);
  });

  it("none-public opens every host", async () => {
    const env = envOf(undefined, { ROUTER_AUTH: "none-public", ROUTER_API_KEYS: "" });
    expect((await ask(env, "/v1/models", { key: null })).status).toBe(200);
    playUpstream(claudeAnswer("Hello"));
    expect((await chat(env, {}, { key: null })).status).toBe(200);
  });

  it.each(["None", "false", "off", "public"])("%s is not a mode: keys stay in force", async (mode) => {
    const env = envOf(undefined, { ROUTER_AUTH: mode });
    expect((await ask(env, "http://localhost/v1/models", { key: null })).status).toBe(401);
    expect((await ask(env, "http://localhost/v1/models")).status).toBe(200);
  });

  it.each([
    ["localhost", true],
    ["LOCALHOST", true],
    ["api.localhost", true],
    ["127.0.0.1", true],
    ["[::1]", true],
    ["::1", true],
    ["127.0.0", false],
    ["127.0.0.1.nip.example", false],
    ["xlocalhost", false],
    ["localhost.example", false],
    ["", false],
  ])("knows whether %s is loopback: %s", (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback);
  });
});

describe("/health", () => {
  const env = () => envOf({ llms: { claude: CLAUDE }, serve: { host: "0.0.0.0" } });

  it.each(["/health", "/v1/health"])("%s shows only its status without a key", async (path) => {
    for (const key of [null, "wrong"]) {
      const response = await ask(env(), path, { key });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ status: "ok" });
    }
  });

  it("shows strategy, models and warnings with a key", async () => {
    expect(await (await ask(env(), "/health")).json()).toEqual({
      status: "ok",
      strategy: "random",
      models: ["claude"],
      llms: ["claude"],
      warnings: [expect.stringContaining("serve.host")],
    });
  });

  it("shows only its status where no key is configured", async () => {
    const response = await ask(envOf(undefined, { ROUTER_API_KEYS: "" }), "/health");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok" });
  });

  it("shows everything where no key is needed", async () => {
    const bindings = { ROUTER_AUTH: "none", ROUTER_API_KEYS: "" };
    const local = await ask(envOf(undefined, bindings), "http://localhost/health", { key: null });
    expect(await local.json()).toMatchObject({ strategy: "random" });
    const remote = await ask(envOf(undefined, bindings), "/health", { key: null });
    expect(await remote.json()).toEqual({ status: "ok" });
  });
});

describe("a broken configuration", () => {
  const broken = () =>
    envOf({
      llms: { claude: { ...CLAUDE, modle: "x" } },
      router: { strategy: "llmrouter", weights: { c: -1 } },
    });

  it("is told whole to a valid key: every problem with its path", async () => {
    const response = await ask(broken(), "/v1/models");
    expect(response.status).toBe(500);
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { message, ...rest } = await errorOf(response);
    expect(rest).toEqual({ type: "server_error", param: null, code: "config_invalid" });
    for (const path of ["llms.claude.modle", "router.strategy", "router.weights.c"]) {
      expect(message).toContain(path);
    }
  });

  it.each([null, "wrong"])("shows nothing but 401 to the key %j", async (key) => {
    for (const path of ["/v1/models", "/v1/models/claude", "/routers"]) {
      const response = await ask(broken(), path, { key });
      expect(response.status).toBe(401);
      expect((await errorOf(response)).message).not.toMatch(/llms|weights|strategy/);
    }
    const response = await chat(broken(), {}, { key });
    expect(response.status).toBe(401);
    expect((await errorOf(response)).code).toBe("invalid_api_key");
  });

  it("makes /health 500: only config_invalid without a key, all of it with one", async () => {
    for (const key of [null, "wrong"]) {
      const response = await ask(broken(), "/health", { key });
      expect(response.status).toBe(500);
      expect(await response.json()).toEqual({ status: "config_invalid" });
    }
    const known = await ask(broken(), "/health");
    expect(known.status).toBe(500);
    expect(await known.json()).toEqual({
      status: "config_invalid",
      error: {
        message: expect.stringContaining("llms.claude.modle"),
        type: "server_error",
        param: null,
        code: "config_invalid",
      },
    });
  });

  it("stays broken at the second request, and with YAML that cannot be read at all", async () => {
    const env = envOf("llms: {");
    for (let turn = 0; turn < 2; turn++) {
      const response = await chat(env);
      expect(response.status).toBe(500);
      expect((await errorOf(response)).code).toBe("config_invalid");
    }
  });
});
