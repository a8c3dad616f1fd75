/** Keys that are made while the router runs: who may make them, what they open, and how they are closed again. */
import { runInDurableObject } from "cloudflare:test";
import { env as worker } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../../emulator/json.ts";
import type { Env } from "../../../src/env.ts";
import { keyIdOf, newKeyId, newKeyText } from "../../../src/lib/key-text.ts";
import type { KeyDirectory } from "../../../src/objects/directory/object.ts";
import { asObject } from "../../../src/lib/json.ts";
import { claudeAnswer, playUpstream } from "../../support/upstream.ts";
import { newSession, socketOf, stubOf } from "../objects/sockets.ts";
import { ask, CLAUDE, chat, envOf, errorOf, GPT, KEY, NO_RETRY, quietLog, rebind } from "../support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      KEY_DIRECTORY: DurableObjectNamespace<KeyDirectory>;
    }
  }
}

beforeEach(() => {
  quietLog();
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ADMIN_KEY = "an-admin-key-of-some-length";
const OBJECTS = { KEYS: worker.KEYS, KEY_DIRECTORY: worker.KEY_DIRECTORY };
const CONFIG = { router: { retry: NO_RETRY }, llms: { claude: CLAUDE, gpt: GPT } };
const env: Env = envOf(CONFIG, { ROUTER_ADMIN_KEY: ADMIN_KEY, ROUTER_API_KEYS: `alice=${KEY}`, ...OBJECTS });

const admin = async (method: string, path: string, body?: object) => {
  const response = await ask(env, `/admin/keys${path}`, {
    ...{ method, key: ADMIN_KEY },
    ...(body && { body }),
  });
  return { status: response.status, body: asObject(await response.json()) ?? {} };
};

let names = 0;
const newName = () => `made-${names++}`;

async function make(body: object = {}): Promise<JsonObject & { readonly id: string; readonly key: string }> {
  const { status, body: made } = await admin("POST", "", { name: newName(), ...body });
  expect(status).toBe(201);
  const { id, key } = made;
  if (typeof id !== "string" || typeof key !== "string") throw new Error("no key");
  return { ...made, id, key };
}

const models = async (key: string) => (await ask(env, "/v1/models", { key })).status;

describe("the admin API", () => {
  it("is not there without ROUTER_ADMIN_KEY", async () => {
    for (const method of ["GET", "POST", "PUT"]) {
      const response = await ask(envOf(), "/admin/keys", { method, key: ADMIN_KEY });
      expect(response.status).toBe(404);
      const { code, message } = await errorOf(response);
      expect(code).toBe("not_found");
      expect(message).toContain("with ROUTER_ADMIN_KEY also /admin/keys");
      // Nothing tells whether there is one.
      const other = await errorOf(await ask(env, "/nothing", { key: ADMIN_KEY }));
      expect(other.message.replace("/nothing", "/admin/keys")).toBe(message);
    }
    expect((await ask(env, "/v1/admin/keys", { key: ADMIN_KEY })).status).toBe(404);
  });

  it.each([
    ["no key", null],
    ["a client's key", KEY],
    ["a wrong one", "an-admin-key-of-some-lengtH"],
  ])("refuses %s", async (_, key) => {
    const response = await ask(env, "/admin/keys", { key });
    expect(response.status).toBe(401);
    expect(JSON.stringify(await response.json())).not.toContain(ADMIN_KEY);
  });

  it("opens no other door, and is no client's key", async () => {
    expect(await models(ADMIN_KEY)).toBe(401);
    const both = { ...env, ROUTER_API_KEYS: `bob=${ADMIN_KEY}` };
    expect((await ask(both, "/v1/models", { key: ADMIN_KEY })).status).toBe(401);
  });

  it("takes no admin key that can be guessed", async () => {
    const response = await ask({ ...env, ROUTER_ADMIN_KEY: "short" }, "/admin/keys", { key: "short" });
    expect(response.status).toBe(500);
    expect(JSON.stringify(await response.json())).toContain("at least 16 characters");
  });

  it.each([
    [{}, "name"],
    [{ name: "a b" }, "name"],
    [{ name: "0123456789ab" }, "name"],
    [{ name: "alice" }, "name"],
    [{ name: "public" }, "name"],
    [{ name: "x", money_day: -1 }, "money_day"],
    [{ name: "x", moneyday: 1 }, "moneyday"],
    [{ name: "x", models: [""] }, "models"],
    [{ name: "x", location: "moon" }, "location"],
  ])("says what is wrong with %j", async (body, param) => {
    const { status, body: answer } = await admin("POST", "", body);
    expect(status).toBe(400);
    expect(answer).toMatchObject({ error: { param } });
  });

  it.each(["?limit=0", "?limit=x", "?limit=1001"])("says what is wrong with %s", async (query) => {
    expect(await admin("GET", query)).toMatchObject({ status: 400, body: { error: { param: "limit" } } });
  });

  it("knows no key that is not there", async () => {
    for (const id of [newKeyId(), "x", "%00"]) {
      expect((await admin("GET", `/${id}`)).status).toBe(404);
      expect((await admin("DELETE", `/${id}`)).status).toBe(404);
    }
  });
});

describe("a key that was made", () => {
  it("is shown once, kept as a digest, and opens the router", async () => {
    const { id, key, name } = await make({ money_day: 2.5, expires: "2099-01-01", tags: ["team-a"] });
    expect(key).toMatch(/^sk-ocr-[0-9A-Za-z]{12}-[0-9A-Za-z]{32}$/);
    expect(await models(key)).toBe(200);
    const { body } = await admin("GET", `/${id}`);
    expect(body).toMatchObject({
      ...{ id, name, status: "active", money_day: 2.5, expires: "2099-01-01T00:00:00Z", tags: ["team-a"] },
      ...{ money_month: null, revoked_at: null },
    });
    const secret = key.slice(-32);
    expect(JSON.stringify(body)).not.toContain(secret);
    const kept = await runInDurableObject(worker.KEYS.get(worker.KEYS.idFromName(`made ${id}`)), (_, state) =>
      JSON.stringify([...state.storage.kv.list()]),
    );
    const directory = worker.KEY_DIRECTORY.get(worker.KEY_DIRECTORY.idFromName("directory"));
    const listed = await runInDurableObject(directory, (_, { storage }) =>
      JSON.stringify(storage.sql.exec("SELECT * FROM keys").toArray()),
    );
    expect(kept).toContain(String(name));
    expect(listed).toContain(String(name));
    expect(kept + listed).not.toContain(secret);
  });

  it("has the limits that it was made with, else those of the configuration", async () => {
    const limited = await make({ models: ["gpt"] });
    const free = await make();
    const keyed = (key: string, more: object = {}) =>
      ask({ ...env, ROUTER_CONFIG: JSON.stringify({ ...CONFIG, ...more }) }, "/v1/models", { key });
    const all = { keys: { "*": { models: ["claude"] } } };
    expect(await (await keyed(limited.key, all)).json()).toMatchObject({
      data: [{ id: "auto" }, { id: "gpt" }],
    });
    expect(await (await keyed(free.key, all)).json()).toMatchObject({
      data: [{ id: "auto" }, { id: "claude" }],
    });
    const denied = await chat(env, { model: "claude" }, { key: limited.key });
    expect(await errorOf(denied)).toMatchObject({ code: "model_not_allowed" });
    const spent = await make({ money_day: 0 });
    expect((await chat(env, { model: "claude" }, { key: spent.key })).status).toBe(429);
  });

  it("is changed field by field, disabled and enabled", async () => {
    const { id, key } = await make({ money_day: 1, models: ["gpt"] });
    const changed = await admin("PATCH", `/${id}`, { models: null, requests_minute: 5 });
    expect(changed.body).toMatchObject({ money_day: 1, models: null, requests_minute: 5 });
    expect((await admin("PATCH", `/${id}`, { disabled: true })).body).toMatchObject({ status: "disabled" });
    expect(await models(key)).toBe(401);
    await admin("PATCH", `/${id}`, { disabled: false });
    expect(await models(key)).toBe(200);
    expect((await admin("PATCH", `/${id}`, { name: "other" })).status).toBe(400);
    await admin("PATCH", `/${id}`, { expires: "2020-01-01" });
    expect(await models(key)).toBe(401);
  });

  it("is rotated: the old one is refused, at once or after a while", async () => {
    const { id, key } = await make();
    const second = (await admin("POST", `/${id}/rotate`)).body.key;
    expect([await models(key), await models(String(second))]).toEqual([401, 200]);
    const third = (await admin("POST", `/${id}/rotate`, { keep_old_s: 3600 })).body.key;
    expect([await models(key), await models(String(second)), await models(String(third))]).toEqual([
      401, 200, 200,
    ]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_001 });
    expect([await models(String(second)), await models(String(third))]).toEqual([401, 200]);
    expect((await admin("POST", `/${id}/rotate`, { keep_old_s: -1 })).status).toBe(400);
  });

  it("is revoked, and then taken off the list, which frees its name", async () => {
    const { id, key, name } = await make();
    expect((await admin("POST", "", { name })).status).toBe(400);
    expect((await admin("DELETE", `/${id}`)).body).toMatchObject({ status: "revoked", removed: false });
    expect(await models(key)).toBe(401);
    expect((await admin("PATCH", `/${id}`, { tags: ["x"] })).status).toBe(400);
    expect((await admin("POST", `/${id}/rotate`)).status).toBe(400);
    expect((await admin("POST", "", { name })).status).toBe(400);
    expect((await admin("DELETE", `/${id}`)).body).toMatchObject({ removed: true });
    expect((await admin("GET", `/${id}`)).status).toBe(404);
    expect((await admin("POST", "", { name })).status).toBe(201);
    expect(await models(key)).toBe(401);
  });

  it("stays revoked, and rotated, whatever else is asked of it at the same time", async () => {
    for (let at = 0; at < 5; at++) {
      const { id, key } = await make();
      const [revoked, , rotated] = await Promise.all([
        admin("DELETE", `/${id}`),
        admin("PATCH", `/${id}`, { tags: ["x"] }),
        admin("POST", `/${id}/rotate`, { keep_old_s: 60 }),
      ]);
      expect(revoked.body).toMatchObject({ status: "revoked" });
      expect((await admin("GET", `/${id}`)).body).toMatchObject({ status: "revoked" });
      expect([await models(key), await models(String(rotated.body.key ?? key))]).toEqual([401, 401]);
    }
    const { id, key } = await make();
    const [next, changed] = await Promise.all([
      admin("POST", `/${id}/rotate`),
      admin("PATCH", `/${id}`, { tags: ["x"] }),
    ]);
    expect([next.status, changed.status]).toEqual([200, 200]);
    expect([await models(key), await models(String(next.body.key))]).toEqual([401, 200]);
    const { tags, rotated_at } = (await admin("GET", `/${id}`)).body;
    expect([tags, rotated_at]).toEqual([["x"], expect.any(String)]);
  });

  it("is listed page by page", async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, async () => (await make()).id));
    const seen: unknown[] = [];
    let after = "";
    for (;;) {
      const { body } = await admin("GET", `?limit=2&after=${after}`);
      const data = Array.isArray(body.data) ? body.data : [];
      expect(data.length).toBeLessThanOrEqual(2);
      seen.push(...data.map((entry) => asObject(entry)?.id));
      if (body.has_more !== true) break;
      after = String(body.last_id);
    }
    expect(seen).toEqual(expect.arrayContaining(ids));
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe("a key that another isolate has revoked", () => {
  /** As another isolate does: this one's memory does not hear of it. */
  async function revokedElsewhere(id: string): Promise<void> {
    const stub = worker.KEYS.get(worker.KEYS.idFromName(`made ${id}`));
    const key = await stub.made();
    if (!key) throw new Error("no key");
    await stub.make({ ...key, revoked: true, digests: [] });
  }
  const later = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

  it("opens no door after 60 s", async () => {
    const { id, key } = await make();
    expect(await models(key)).toBe(200);
    await revokedElsewhere(id);
    expect(await models(key)).toBe(200);
    later(60_000);
    for (const path of ["/v1/models", "/v1/chat/ws"]) {
      expect((await ask(env, path, { key, headers: { upgrade: "websocket" } })).status).toBe(401);
    }
    expect((await chat(env, {}, { key })).status).toBe(401);
  });

  it("closes its sockets at their next turn", async () => {
    const { id, key, name } = await make();
    const session = newSession();
    const bindings = { ...env, CHAT_SESSION: worker.CHAT_SESSION };
    await runInDurableObject(await stubOf(session, String(name)), (object) => rebind(object, bindings));
    const path = `/v1/chat/ws?session=${encodeURIComponent(session)}`;
    const socket = socketOf(await ask(bindings, path, { key, headers: { upgrade: "websocket" } }));
    playUpstream(claudeAnswer("Hello"));
    await revokedElsewhere(id);
    later(60_000);
    socket.send({ message: "Hi", model: "claude" });
    expect(await socket.turn()).toMatchObject([{ error: { code: "invalid_api_key" } }]);
    await vi.waitFor(() => expect(socket.closed()).toMatchObject({ code: 4401 }));
  });
});

describe("a key's text", () => {
  it("is checked before anybody is asked", async () => {
    const made = vi.fn(async () => undefined);
    const KEYS = { idFromName: (name: string) => name, get: () => ({ made }) };
    const asked = { ...env, KEYS };
    const key = await newKeyText(newKeyId());
    const mistyped = key.slice(0, 25) + (key[25] === "a" ? "b" : "a") + key.slice(26);
    for (const wrong of [mistyped, `${key}x`, key.slice(1), "sk-ocr-x"]) {
      expect((await ask(asked, "/v1/models", { key: wrong })).status).toBe(401);
    }
    expect(made).not.toHaveBeenCalled();
    // An id that nobody has is remembered.
    expect((await ask(asked, "/v1/models", { key })).status).toBe(401);
    expect((await ask(asked, "/v1/models", { key })).status).toBe(401);
    expect(made).toHaveBeenCalledOnce();
  });

  it("tells its id", async () => {
    const id = newKeyId();
    expect(await keyIdOf(await newKeyText(id))).toBe(id);
  });

  it("is not looked at where no keys can be made", async () => {
    const { key } = await make();
    expect((await ask({ ...env, ROUTER_ADMIN_KEY: "" }, "/v1/models", { key })).status).toBe(401);
  });
});
