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
const K1 = "client-key-number-1";
const K2 = "client-key-number-2";
const K3 = "client-key-number-3";
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** The name of the client that a key lets in, or the code of the refusal. */
async function clientOf(key: string, bindings: Record<string, string>) {
  const request = new Request("https://router.example", { headers: { "x-api-key": key } });
  try {
    return (await authenticate(request, (name) => bindings[name])).name;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown ? { code: thrown.code } : thrown;
  }
}

describe("a client key", () => {
  it.each([
    ["a bearer token", bearer(K1)],
    ["a bearer token, the scheme in any case", { authorization: `bearer ${K1}` }],
    ["a bearer token between spaces", { authorization: `Bearer   ${K1}  ` }],
    ["x-api-key", { "x-api-key": K1 }],
    ["x-api-key beside another scheme", { authorization: "Basic dXNlcg==", "x-api-key": K1 }],
  ])("comes as %s", async (_, headers) => {
    expect(await status(K1, headers)).toBe(200);
  });

  it.each([
    ["none", {}],
    ["a wrong one", bearer(K2)],
    ["a wrong x-api-key", { "x-api-key": K2 }],
    ["an empty one", { authorization: "Bearer " }],
    ["one that only begins like it", bearer(K1.slice(0, -1))],
    ["one that goes on after it", bearer(`${K1}1`)],
    ["one in other case", bearer(K1.toUpperCase())],
    ["another scheme", { authorization: `Basic ${K1}` }],
    ["no scheme", { authorization: K1 }],
    ["a right x-api-key behind a wrong bearer token", { ...bearer(K2), "x-api-key": K1 }],
    ["two words", bearer(`${K1} ${K1}`)],
  ])("is refused with 401 invalid_api_key: %s", async (_, headers) => {
    const env = envOf(undefined, { ROUTER_API_KEYS: K1 });
    const response = await ask(env, "/v1/models", { key: null, headers });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { message, ...rest } = await errorOf(response);
    expect(rest).toEqual({ type: "invalid_request_error", param: null, code: "invalid_api_key" });
    expect(message).not.toContain("number");
  });

  it("is not the admin's, which is told so", async () => {
    const env = envOf(undefined, { ROUTER_API_KEYS: K1, ROUTER_ADMIN_KEY: K2 });
    const { code, message } = await errorOf(await ask(env, "/v1/models", { key: K2 }));
    expect(code).toBe("invalid_api_key");
    expect(message).toMatch(/^This is the admin's key/);
    const other = await errorOf(await ask(env, "/v1/models", { key: K3 }));
    expect(other.message).toMatch(/^The API key is not one of this router's keys/);
  });

  it("is one of several, with and without names, spaces around them", async () => {
    const keys = ` ${K1} , alice=${K2},,bob.x-1=${K3} `;
    for (const key of [K1, K2, K3]) expect(await status(keys, bearer(key))).toBe(200);
    for (const key of ["alice", `alice=${K2}`, `bob.x-1=${K3}`, "bob.x-1", ",", `${K1},alice=${K2}`]) {
      expect(await status(keys, bearer(key))).toBe(401);
    }
  });

  it("tells the client's name: what stands before the =, else 12 hex digits of its digest, wherever it stands", async () => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(K3));
    const name = new Uint8Array(digest).toHex().slice(0, 12);
    for (const keys of [`${K1},alice=${K2},${K3}`, `${K3},alice=${K2}`, K3]) {
      expect(await clientOf(K3, { ROUTER_API_KEYS: keys })).toBe(name);
    }
    expect(await clientOf(K2, { ROUTER_API_KEYS: `${K1},alice=${K2}` })).toBe("alice");
    // Upgrades keep what an unnamed key had under its old name.
    expect(await clientOf(K2, { ROUTER_API_KEYS: `${K1},key-1=${K2}` })).toBe("key-1");
  });

  it("may be one of ROUTER_API_KEYS_2, _3, ... up to the first that is unset", async () => {
    const bindings = {
      ROUTER_API_KEYS: `alice=${K1}`,
      ROUTER_API_KEYS_2: `bob=${K2}`,
      ROUTER_API_KEYS_4: `carl=${K3}`,
    };
    expect(await clientOf(K1, bindings)).toBe("alice");
    expect(await clientOf(K2, bindings)).toBe("bob");
    expect(await clientOf(K3, bindings)).toEqual({ code: "invalid_api_key" });
    expect(await clientOf(K3, { ...bindings, ROUTER_API_KEYS_3: "dora=dora-is-a-client-too" })).toBe("carl");
  });

  it.each([
    ["aGVsbG8gaGVsbG8gaGVs", "aGVsbG8gaGVsbG8gaGVs=", undefined],
    ["padded with two", "aGVsbG8gaGVsbG8gaA==", undefined],
    ["with signs", "a+b/c0a+b/c0a+b/c0==", undefined],
    ["named", "aGVsbG8gaGVsbG8gaA==", "alice"],
  ])("may be base64 with padding: %s", async (_, key, name) => {
    const keys = { ROUTER_API_KEYS: name === undefined ? key : `${name}=${key}` };
    expect(await clientOf(key, keys)).toEqual(name ?? expect.stringMatching(/^[0-9a-f]{12}$/));
    expect(await clientOf(key.replace(/=+$/, ""), keys)).toEqual({ code: "invalid_api_key" });
  });

  it("is read from the headers: the bearer token, else x-api-key", () => {
    expect(requestKey(new Headers({ authorization: "Bearer a", "x-api-key": "b" }))).toBe("a");
    expect(requestKey(new Headers({ "x-api-key": " b " }))).toBe("b");
    expect(requestKey(new Headers({ "x-api-key": "" }))).toBeUndefined();
    expect(requestKey(new Headers())).toBeUndefined();
  });

  it("counts again after the binding has changed", async () => {
    expect(await clientOf(K1, { ROUTER_API_KEYS: `a=${K1}` })).toBe("a");
    expect(await clientOf(K1, { ROUTER_API_KEYS: K2 })).toEqual({ code: "invalid_api_key" });
  });

  it("is asked for before the body is read, and nothing goes upstream without it", async () => {
    const calls = playUpstream();
    const response = await chat(envOf(), {}, { key: "wrong", body: "not json" });
    expect((await errorOf(response)).code).toBe("invalid_api_key");
    expect(calls).toEqual([]);
  });
});

describe("an entry that is no valid key", () => {
  /** What /health tells a valid client, and what the log is told. */
  const health = async (keys: Record<string, string>, key: string | null) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const response = await ask(envOf(undefined, keys), "/health", { key });
    const { warnings } = await response.json<{ warnings?: string[] }>();
    // Of the model that all tests ask: its end comes nearer.
    const isOfKeys = (line: unknown) => !String(line).includes("is legacy");
    const logged = warn.mock.calls.map(([line]) => line).filter(isOfKeys);
    return { warnings: warnings?.filter(isOfKeys), logged };
  };

  it.each([
    ["shorter than 16 characters", `${K1},alice=fifteen-letters`, "fifteen-letters", "key 2 (alice)"],
    ["a name and one character", `${K1},sk-x=Z`, "Z", "key 2 (sk-x)"],
    ["named local", `${K1},local=${K2}`, K2, "the name local"],
    ["named public, in any case", `Public=${K2},${K1}`, K2, "key 1 (Public)"],
    ["named like a key without a name", `${K1},0123456789ab=${K2}`, K2, "12 hex digits"],
    ["with a space in it", `${K1},alice=key with several words`, "key", "without spaces"],
    ["with a letter that no header carries", `${K1},alice=kéy-with-an-accent-in-it`, "x", "printable ASCII"],
  ])(
    "lets nobody in, but the others do; the log and /health tell why: %s",
    async (_, configured, key, why) => {
      const keys = { ROUTER_API_KEYS: configured };
      expect(await clientOf(key, keys)).toEqual({ code: "invalid_api_key" });
      expect(await clientOf(K1, keys)).toMatch(/^[0-9a-f]{12}$/);
      const { warnings } = await health(keys, K1);
      expect(warnings).toEqual([expect.stringContaining(why)]);
      expect(JSON.stringify(warnings)).not.toContain(configured.split("=")[1]);
    },
  );

  it("is told to the log once", async () => {
    const keys = { ROUTER_API_KEYS: `${K3},once=short` };
    const told = [expect.stringContaining("key 2 (once)")];
    expect(await health(keys, K3)).toEqual({ warnings: told, logged: told });
    expect(await health(keys, K3)).toMatchObject({ warnings: told });
  });

  it("is the second of two that are the same, under whatever name", async () => {
    const keys = { ROUTER_API_KEYS: `alice=${K1},bob=${K1}` };
    expect(await clientOf(K1, keys)).toBe("alice");
    expect((await health(keys, K1)).warnings).toEqual([
      expect.stringMatching(/key 2 \(bob\).*key 1 \(alice\)/),
    ]);
  });

  it("may be the only one: every call is 401 and says where to look, /health tells anybody", async () => {
    const env = envOf(undefined, { ROUTER_API_KEYS: "short" });
    const response = await ask(env, "/v1/models", { key: "short" });
    expect(response.status).toBe(401);
    expect((await errorOf(response)).message).toContain("GET /health");
    const { warnings } = await health({ ROUTER_API_KEYS: "short" }, null);
    expect(warnings).toEqual([expect.stringContaining("ROUTER_API_KEYS: key 1 is not valid")]);
  });

  it("is not what shares a name with another: that is told, and both are let in", async () => {
    const keys = { ROUTER_API_KEYS: `alice=${K1},alice=${K2}` };
    expect([await clientOf(K1, keys), await clientOf(K2, keys)]).toEqual(["alice", "alice"]);
    expect((await health(keys, K2)).warnings).toEqual([
      expect.stringContaining("2 keys have the name alice"),
    ]);
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

  it.each([
    ["came through Cloudflare", "http://localhost:8787/v1/models", { "cf-ray": "8f0b2c3d4e5f6a7b-FRA" }],
    ["name a user", "http://localhost:8787/v1/models", { host: "router.example@localhost" }],
  ])("none refuses requests to localhost that %s", async (_, url, headers) => {
    const response = await ask(envOf(undefined, open), url, { key: null, headers });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(["client_keys_missing", "invalid_value"]).toContain((await errorOf(response)).code);
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
      degraded: [],
      warnings: expect.arrayContaining([expect.stringContaining("serve.host")]),
      clients: expect.objectContaining({
        codex: { api: "openai-responses", base_url: "https://router.example/v1" },
      }),
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
