/** The ledger: each exchange a line of its key, and sums that add up however often they are told; who reads them, and who may. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env as worker } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LedgerLine } from "../../../src/chat/ledger-line.ts";
import type { Env } from "../../../src/env.ts";
import type { KeyAccount } from "../../../src/objects/key/object.ts";
import type { Ledger } from "../../../src/objects/ledger/object.ts";
import { ledgerMetrics } from "../../../src/objects/ledger/client.ts";
import { addLine, COLUMNS, noSums, placeName } from "../../../src/objects/ledger/sums.ts";
import { json, playUpstream, type Reply, refusal, type UpstreamCall } from "../../support/upstream.ts";
import { countingRows } from "./counting-rows.ts";
import { ask, chat, envOf, errorOf, GPT, KEY, NO_RETRY, quietLog } from "../support.ts";
import { minuteWithRoom } from "../http/limited.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      KEYS: DurableObjectNamespace<KeyAccount>;
      LEDGER: DurableObjectNamespace<Ledger>;
    }
  }
}

const BOUND = { KEYS: worker.KEYS, LEDGER: worker.LEDGER };
const ADMIN = "sk-admin-0123456789abcdef";
const DAY_MS = 86_400_000;
const TODAY = new Date().toISOString().slice(0, 10);

let log: () => readonly unknown[];
beforeEach(() => {
  log = quietLog();
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

const LLMS = {
  gpt: { ...GPT, input_price: 2, output_price: 10 },
  free: { ...GPT, model: "acme/free" },
};
let clients = 0;
/** A key of its own, so that tests share no lines. */
function keyed(limits: object | undefined, serve: object = {}): { name: string; env: Env } {
  const name = `ledger-${clients++}`;
  const config = {
    ...{ serve, router: { retry: NO_RETRY }, llms: LLMS },
    ...(limits && { keys: { [name]: limits } }),
  };
  const bindings = { ...BOUND, ROUTER_ADMIN_KEY: ADMIN };
  return { name, env: envOf(config, { ROUTER_API_KEYS: `${name}=${KEY}`, ...bindings }) };
}

const USAGE = { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 };
const gptAnswer = json({
  ...{ id: "x", object: "chat.completion", created: 1, model: "m", usage: USAGE },
  choices: [{ index: 0, message: { role: "assistant", content: "A secret answer" }, finish_reason: "stop" }],
});
/** 10 tokens at $2 a million and 7 at $10. */
const COST = 90;

async function said(env: Env, body: object = {}, headers: Record<string, string> = {}): Promise<number> {
  const response = await chat(env, { model: "gpt", max_tokens: 50, ...body }, { headers });
  await response.text();
  return response.status;
}

async function admin<T>(env: Env, path: string, method = "GET"): Promise<T> {
  return (await ask(env, path, { key: ADMIN, method })).json();
}

type Shown = LedgerLine & { readonly number: number; readonly id: string };
interface Listed {
  readonly data: readonly Shown[];
  readonly has_more: boolean;
  readonly last_id: number | null;
}

/** The lines of a key, once there are so many. */
async function linesOf(env: Env, key: string, count: number): Promise<readonly Shown[]> {
  const read = (): Promise<Listed> => admin(env, `/admin/requests?key=${key}`);
  await vi.waitFor(async () => expect(await read()).toHaveProperty("data.length", count), 10_000);
  return (await read()).data;
}

async function digestOf(...names: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(names));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function keyObject(name: string) {
  return worker.KEYS.get(worker.KEYS.idFromName(await digestOf("key", name)));
}

async function ledgerObject(key: string) {
  const shard = (await digestOf("key", key)).slice(0, 1);
  return worker.LEDGER.get(worker.LEDGER.idFromName(`ledger ${shard}`));
}

interface Used {
  readonly data: readonly Record<string, string | number>[];
}
const usageOf = (env: Env, query: string): Promise<Used> => admin(env, `/admin/usage?${query}`);

/** All text in the tables of an object. */
function stored<T extends KeyAccount | Ledger>(stub: DurableObjectStub<T>): Promise<string> {
  return runInDurableObject(stub, (_, { storage: { sql, kv } }) => {
    const tables = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    );
    const rows = [...tables].flatMap(({ name }) => sql.exec(`SELECT * FROM "${name}"`).toArray());
    return JSON.stringify([rows, [...kv.list()]]);
  });
}

describe("an exchange is a line", () => {
  it.each<[string, object | undefined]>([
    ["with limits", { money_month: 1 }],
    ["without", undefined],
  ])("of a key %s, with what it was and what it has cost", async (_, limits) => {
    const { name, env } = keyed(limits);
    playUpstream(gptAnswer);
    await said(env, {}, { "x-session-id": "my session" });
    const [line] = await linesOf(env, name, 1);
    expect(line).toMatchObject({
      ...{ object: "request", number: 1, api: "openai-chat", door: "http", model: "gpt", stream: false },
      ...{ status: 200, code: null, input_tokens: 10, output_tokens: 7, cost_micros: COST, estimated: false },
      session: (await digestOf("session", name, "my session")).slice(0, 16),
      trail: expect.stringMatching(/^gpt ok \d+ ms$/),
      request_id: expect.stringMatching(/^req_/),
    });
    expect(await (await ask(env, "/v1/usage")).json()).toMatchObject({
      day: { requests: 1, tokens: 17, cost_micros: COST },
    });
  });

  it("also where it failed, and where a limit has refused it, which counts for nothing", async () => {
    await minuteWithRoom();
    const { name, env } = keyed({ requests_minute: 1 });
    playUpstream(json({ error: { message: "no" } }, { status: 400 }));
    expect(await said(env)).toBe(400);
    expect(await said(env)).toBe(429);
    const lines = await linesOf(env, name, 2);
    expect(lines.map(({ status, code, limited }) => [status, code, limited])).toEqual([
      [429, "rate_limit_exceeded", true],
      [400, "upstream_invalid_request", false],
    ]);
    expect(await (await ask(env, "/v1/usage")).json()).toMatchObject({ day: { requests: 1 } });
  });

  it("has no content, and no more of a session's name than its digest; of a key, its name alone", async () => {
    const { name, env } = keyed({ money_month: 1 });
    playUpstream(gptAnswer);
    await said(env, {
      messages: [{ role: "user", content: "A secret question" }],
      user: "who",
      prompt_cache_key: "my session",
    });
    await linesOf(env, name, 1);
    await runDurableObjectAlarm(await keyObject(name));
    const all = `${await stored(await keyObject(name))}${await stored(await ledgerObject(name))}`;
    expect(all).toContain(name);
    expect(all).not.toMatch(/secret|my session|who"/);
    expect(all).not.toContain(KEY);
  });

  it("is told page by page, the newest first, up to the last thousand", async () => {
    const key = await keyObject("ledger-many");
    const settings = { key: "ledger-many", tags: [], ledger: "lines" as const, days: 400 };
    for (let batch = 0; batch < 15; batch++) {
      const notes = Array.from({ length: 100 }, (_, at) => ({
        ...{ id: `n${batch * 100 + at + 1}`, line: lineOf({}), counted: false },
      }));
      await key.tell([], notes, settings);
    }
    const { env } = keyed(undefined);
    const first = await admin<Listed>(env, "/admin/requests?key=ledger-many&limit=400");
    expect(first).toMatchObject({ has_more: true, last_id: 1101 });
    expect(first.data[0]).toMatchObject({ number: 1500, id: "n1500" });
    const rest = await admin<Listed>(
      env,
      `/admin/requests?key=ledger-many&limit=1000&before=${first.last_id}`,
    );
    expect(rest.data.map(({ number }) => number)).toEqual(Array.from({ length: 600 }, (_, at) => 1100 - at));
    expect(rest.has_more).toBe(false);
    await evictDurableObject(key);
    await key.tell([], [{ id: "next", line: lineOf({}), counted: false }], settings);
    expect((await key.lines(1e9, 1))[0]).toMatchObject({ number: 1501, id: "next" });
  });

  it.each(["totals", "off"])("is not kept with serve.ledger: %s", async (ledger) => {
    const { name, env } = keyed({ money_month: 1 }, { ledger });
    playUpstream(gptAnswer);
    await said(env);
    await vi.waitFor(async () => {
      expect(await (await ask(env, "/v1/usage")).json()).toMatchObject({
        month: { requests: 1 },
        held_micros: 0,
      });
    }, 5000);
    expect(await linesOf(env, name, 0)).toEqual([]);
    await runDurableObjectAlarm(await keyObject(name));
    const { data } = await usageOf(env, `key=${name}`);
    expect(data).toHaveLength(ledger === "totals" ? 1 : 0);
  });

  it("is not told before the answer, and of nobody's with serve.ledger: off", async () => {
    const { env } = keyed(undefined, { ledger: "off" });
    const idFromName = vi.spyOn(worker.KEYS, "idFromName");
    playUpstream(gptAnswer);
    expect(await said(env)).toBe(200);
    expect(idFromName).not.toHaveBeenCalled();
  });
});

/** A line as an exchange makes it. */
function lineOf(more: Partial<LedgerLine>): LedgerLine {
  return {
    ...{ request_id: "req_1", at: Date.now(), api: "openai-chat", door: "http", stream: true, model: "gpt" },
    ...{ place: "", strategy: "random", reason: null, trail: "", status: 200, code: null, limited: false },
    ...{ input_tokens: 10, output_tokens: 7, cache_read_tokens: 0, cache_write_tokens: 0 },
    ...{ cache_write_1h_tokens: 0, reasoning_tokens: 0, cost_micros: 90, estimated: false },
    ...{ first_ms: 120, ms: 700, session: null, ...more },
  };
}

/** What a key's object would tell of some lines. */
function batchOf(
  key: string,
  number: number,
  lines: readonly LedgerLine[],
  day = Math.floor(Date.now() / DAY_MS),
) {
  const sums = noSums();
  for (const line of lines) addLine(sums, line, line.cost_micros ?? 0);
  return { key, tags: ["team-a"], number, days: [[day, sums] as const], keepDays: 400 };
}

describe("totals", () => {
  it("are told by the alarm, and add up by key, model, place, day, tag and session", async () => {
    const { name, env } = keyed({ money_month: 1, tags: ["team-a", "team-b"] }, { ledger_sessions: "named" });
    playUpstream(gptAnswer, gptAnswer, refusal(500, "InternalServerException", "oops"));
    await said(env, {}, { "x-session-id": "one" });
    await said(env, { session_id: "two" });
    await said(env, {}, { "x-session-id": "one" });
    await linesOf(env, name, 3);
    await runDurableObjectAlarm(await keyObject(name));
    const sums = {
      requests: 3,
      errors: 1,
      limited: 0,
      input_tokens: 20,
      output_tokens: 14,
      cost_micros: 2 * COST,
    };
    for (const [by, of] of [
      ["key", { key: name }],
      ["model", { model: "gpt" }],
      ["day,model,place", { day: TODAY, model: "gpt", place: "" }],
    ] as const) {
      expect((await usageOf(env, `key=${name}&by=${by}`)).data).toMatchObject([{ ...of, ...sums }]);
    }
    expect((await usageOf(env, `key=${name}&by=tag`)).data).toMatchObject([
      { tag: "team-a", ...sums },
      { tag: "team-b", ...sums },
    ]);
    expect((await usageOf(env, `key=${name}&by=session`)).data).toEqual([
      { session: "one", requests: 2, tokens: 17, cost_micros: COST },
      { session: "two", requests: 1, tokens: 17, cost_micros: COST },
    ]);
    expect((await usageOf(env, "by=model")).data).toContainEqual(expect.objectContaining({ model: "gpt" }));
    expect((await usageOf(env, `key=${name}&to=2020-01-31`)).data).toEqual([]);
  });

  it("add up whatever clients call their sessions", async () => {
    const names = [
      "__proto__",
      "constructor",
      "a\u0000b",
      "a\u0000c",
      "line\nbreak",
      "'; DROP TABLE sessions; --",
    ];
    names.push("\u202eright to left", "😀".repeat(500), '"],["', "other");
    const key = await keyObject("hostile-sessions");
    const settings = { key: "hostile-sessions", tags: [], ledger: "totals" as const, days: 400 };
    for (const at of [1, 2]) {
      const notes = [...names, "half \ud83d"].map((session) => ({
        ...{ id: `${at}`, line: lineOf({ session }), counted: false },
      }));
      await key.tell([], notes, settings);
      await evictDurableObject(key);
    }
    await runDurableObjectAlarm(key);
    const { env } = keyed(undefined);
    const { data } = await usageOf(env, "key=hostile-sessions&by=session");
    // SQLite keeps no half of a character.
    const sessions = data.map(({ session }) => String(session).replace(/\ufffd+/, "?"));
    expect(sessions.toSorted()).toEqual([...names, "half ?"].toSorted());
    expect(data.map(({ requests }) => requests)).toEqual(data.map(() => 2));
  });

  it("count a batch once that comes twice", async () => {
    const key = "ledger-twice";
    const ledger = await ledgerObject(key);
    const batch = batchOf(key, 1, [lineOf({})]);
    await ledger.tell(batch);
    await ledger.tell(batch);
    await ledger.tell(batchOf(key, 2, [lineOf({})]));
    const { env } = keyed(undefined);
    expect((await usageOf(env, `key=${key}`)).data).toMatchObject([{ requests: 2, cost_micros: 180 }]);
  });

  it("lose nothing while the ledger cannot be reached, or has taken what it could not confirm", async () => {
    const { name, env } = keyed({ money_month: 1 });
    const key = await keyObject(name);
    const real = worker.LEDGER;
    const broken = { idFromName: () => "", get: () => ({ tell: () => Promise.reject(new Error("gone")) }) };
    const unconfirmed = {
      idFromName: (shard: string) => shard,
      get: (shard: string) => ({
        async tell(batch: Parameters<Ledger["tell"]>[0]) {
          await real.get(real.idFromName(shard)).tell(batch);
          throw new Error("cut");
        },
      }),
    };
    for (const LEDGER of [broken, unconfirmed, real]) {
      playUpstream(gptAnswer);
      await said(env);
      await vi.waitFor(async () => expect((await key.usage()).held).toBe(0));
      await runInDurableObject(key, (object) => {
        Object.defineProperty(object, "env", { value: { ...worker, LEDGER }, configurable: true });
      });
      await runDurableObjectAlarm(key);
    }
    // The batch that was told again; what came meanwhile is in the next.
    await runDurableObjectAlarm(key);
    expect((await usageOf(env, `key=${name}`)).data).toMatchObject([{ requests: 3, cost_micros: 3 * COST }]);
    expect(log()).toContainEqual({ code: "ledger_untold", cause: "Error: gone" });
  });

  it("are told of four days at once, so that a batch is no larger than an object may keep", async () => {
    const name = "ledger-long-gone";
    const key = await keyObject(name);
    const today = Math.floor(Date.now() / DAY_MS);
    const days = Array.from({ length: 10 }, (_, at) => today - at);
    const settings = { key: name, tags: [], ledger: "totals" as const, days: 400 };
    const notes = days.map((day) => ({ id: `${day}`, line: lineOf({ at: day * DAY_MS }), counted: false }));
    await key.tell([], notes, settings);
    const { env } = keyed(undefined);
    const told: number[] = [];
    for (let at = 0; at < 3; at++) {
      await runDurableObjectAlarm(key);
      told.push((await usageOf(env, `key=${name}&by=day`)).data.length);
    }
    expect(told).toEqual([4, 8, 10]);
  });

  it("are deleted after serve.ledger_days, and so are lines", async () => {
    const key = "ledger-old";
    const ledger = await ledgerObject(key);
    const today = Math.floor(Date.now() / DAY_MS);
    await ledger.tell(batchOf(key, 1, [lineOf({ session: "old" })], today - 401));
    await ledger.tell(batchOf(key, 2, [lineOf({ session: "new" })], today));
    await runDurableObjectAlarm(ledger);
    const left = await stored(ledger);
    expect(left).toContain('"session":"new"');
    expect(left).not.toContain('"session":"old"');
    const { env } = keyed(undefined);
    expect((await usageOf(env, `key=${key}&from=2020-01-01`)).data).toMatchObject([{ requests: 1 }]);
    const object = await keyObject(key);
    const notes = [today - 8, today].map((day) => ({
      ...{ id: `d${day}`, line: lineOf({ at: day * DAY_MS }), counted: false },
    }));
    await object.tell([], notes, { key, tags: [], ledger: "lines", days: 7 });
    await runDurableObjectAlarm(object);
    expect(await object.lines(1e9, 10)).toMatchObject([{ id: `d${today}` }]);
  });

  it("have a key's thousand newest sessions, and the rest as one", async () => {
    const key = "ledger-sessions";
    const ledger = await ledgerObject(key);
    for (let number = 1; number <= 16; number++) {
      const lines = Array.from({ length: 90 }, (_, at) => lineOf({ session: `s${number}-${at}` }));
      await ledger.tell(batchOf(key, number, lines, 20_000 + number));
    }
    const { env } = keyed(undefined);
    const { data } = await usageOf(env, `key=${key}&by=session&from=2020-01-01`);
    expect(data).toHaveLength(1001);
    expect(data).toContainEqual({ session: "other", requests: 440, tokens: 440 * 17, cost_micros: 440 * 90 });
    expect(data).toContainEqual(expect.objectContaining({ session: "s16-89" }));
  });

  it("keep what is told of models and places for ever: errors by code, times in buckets", async () => {
    const before = (await ledgerMetrics(BOUND)).get(placeName("metric", "eu-west-1"));
    expect(before).toBeUndefined();
    const lines = [
      lineOf({}),
      lineOf({ first_ms: null, ms: 400_000, code: "upstream_timeout", status: 500 }),
    ];
    const there = lines.map((line) => ({ ...line, model: "metric", place: "eu-west-1" }));
    for (const key of ["ledger-m1", "ledger-m2"])
      await (await ledgerObject(key)).tell(batchOf(key, 1, there));
    const sums = (await ledgerMetrics(BOUND)).get(placeName("metric", "eu-west-1"));
    expect(sums?.columns[COLUMNS.indexOf("requests")]).toBe(4);
    expect(sums?.codes).toEqual({ upstream_timeout: 2 });
    // 120 ms are in the second bucket, 400 s beyond the last; behind them the sum.
    expect(sums?.first).toEqual([0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 240]);
    expect(sums?.total).toEqual([0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 801_400]);
  });
});

describe("rows and requests, as docs/operations.md has them", () => {
  /** Rows that an object writes from now on. */
  function rowsOf<T extends KeyAccount | Ledger>(stub: DurableObjectStub<T>): Promise<() => number> {
    return runInDurableObject(stub, (object, state) => {
      const { rows, counted } = countingRows(state.storage);
      const ctx = new Proxy(state, {
        get: (target, name) => (name === "storage" ? counted : Reflect.get(target, name)),
      });
      Object.defineProperty(object, "ctx", { value: ctx });
      return rows;
    });
  }

  it.each([
    ["by itself", 1, 10],
    ["one of a hundred", 100, 109],
  ])("of an exchange without limits, %s, until the ledger knows of it", async (_, many, rows) => {
    const name = `ledger-rows-${many}`;
    const settings = { key: name, tags: [], ledger: "lines" as const, days: 400 };
    const [key, ledger] = [await keyObject(name), await ledgerObject(name)];
    const note = () =>
      key.tell(
        [],
        Array.from({ length: many }, (_, at) => ({ id: `r${at}`, line: lineOf({}), counted: false })),
        settings,
      );
    // The tables are there, the settings and the day, and the ledger's daily alarm.
    await note();
    await runDurableObjectAlarm(key);
    await evictDurableObject(key);
    const counts = [await rowsOf(key), await rowsOf(ledger)];
    await note();
    await runDurableObjectAlarm(key);
    expect(counts.reduce((sum, count) => sum + count(), 0)).toBe(rows);
  });
});

describe("GET /admin/usage", () => {
  it("gives CSV in which nothing is a formula", async () => {
    const key = "ledger-csv";
    const ledger = await ledgerObject(key);
    const lines = ["=cmd()", '+1,"x"', "@a", "-b", "plain"].map((session) => lineOf({ session }));
    await ledger.tell(batchOf(key, 1, lines));
    const { env } = keyed(undefined);
    const response = await ask(env, `/admin/usage?key=${key}&by=session&format=csv`, { key: ADMIN });
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect((await response.text()).split("\r\n")).toEqual([
      "session,requests,tokens,cost_micros",
      `"'+1,""x""",1,17,90`,
      "'-b,1,17,90",
      "'=cmd(),1,17,90",
      "'@a,1,17,90",
      "plain,1,17,90",
      "",
    ]);
    const totals = await ask(env, `/admin/usage?key=${key}&by=key,day&format=csv`, { key: ADMIN });
    expect((await totals.text()).split("\r\n").slice(0, 2)).toEqual([
      `key,day,${COLUMNS.join(",")}`,
      `${key},${TODAY},5,0,0,0,0,50,35,0,0,0,0,450`,
    ]);
  });

  it.each([
    ["by=colour", "by"],
    ["by=session", "key"],
    ["by=session,day&key=a", "by"],
    ["from=yesterday", "from"],
    ["to=2026-13-01", "to"],
    ["format=xml", "format"],
    ["key=", "key"],
  ])("refuses %s", async (query, param) => {
    const { env } = keyed(undefined);
    const error = await errorOf(await ask(env, `/admin/usage?${query}`, { key: ADMIN }));
    expect(error).toMatchObject({ code: "invalid_value", param });
  });

  it("is for the admin alone, and tells the lines that wrangler.toml lacks", async () => {
    const { name, env } = keyed(undefined);
    for (const path of ["/admin/usage", `/admin/requests?key=${name}`]) {
      expect((await ask(env, path)).status).toBe(401);
      expect((await ask({ ...env, ROUTER_ADMIN_KEY: "" }, path)).status).toBe(404);
    }
    const lacking = { ...env, LEDGER: undefined, KEYS: undefined };
    const usage = await errorOf(await ask(lacking, "/admin/usage", { key: ADMIN }));
    expect(usage.message).toMatch(/name = "LEDGER"\nclass_name = "Ledger"[\s\S]*tag = "v7"/);
    const requests = await errorOf(await ask(lacking, "/admin/requests?key=a", { key: ADMIN }));
    expect(requests.message).toMatch(/class_name = "KeyAccount"/);
  });
});

describe("/admin/requests", () => {
  it.each([
    ["", "key"],
    ["?key=a&limit=0", "limit"],
    ["?key=a&limit=1001", "limit"],
    ["?key=a&before=x", "before"],
  ])("refuses '%s'", async (query, param) => {
    const { env } = keyed(undefined);
    const error = await errorOf(await ask(env, `/admin/requests${query}`, { key: ADMIN }));
    expect(error).toMatchObject({ code: "invalid_value", param });
  });

  it("shows what nobody has settled, booked in full, until the admin releases it", async () => {
    const { name, env } = keyed({ money_month: 1 });
    const key = await keyObject(name);
    playUpstream(gptAnswer);
    await said(env);
    await linesOf(env, name, 1);
    // As of an isolate that is killed in the middle of an answer.
    await key.reserve({ id: "killed", cost: 999_900, tokens: 5, holdMs: 1, limits: { moneyMonth: 1e6 } });
    expect(await said(env)).toBe(429);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await evictDurableObject(key);
    await runDurableObjectAlarm(key);
    const [line] = await linesOf(env, name, 3).then((lines) => lines.filter(({ id }) => id === "killed"));
    expect(line).toMatchObject({ id: "killed", code: "unsettled", cost_micros: 999_900, estimated: true });
    expect(await said(env)).toBe(429);
    const path = (id: string) => `/admin/requests/${id}/release?key=${name}`;
    const released = await ask(env, path("killed"), { key: ADMIN, method: "POST" });
    expect(await released.json()).toEqual({ object: "request", id: "killed", released: true });
    expect((await ask(env, path("killed"), { key: ADMIN, method: "POST" })).status).toBe(404);
    playUpstream(gptAnswer);
    expect(await said(env)).toBe(200);
    const lines = await linesOf(env, name, 5);
    expect(lines.find(({ id }) => id === "killed")).toMatchObject({ code: null, cost_micros: 0 });
    await runDurableObjectAlarm(key);
    const [sums] = (await usageOf(env, `key=${name}`)).data;
    expect(sums).toMatchObject({ requests: 5, errors: 2, limited: 2, cost_micros: 2 * COST });
  });
});

describe("serve.webhook", () => {
  const WEBHOOK = "https://hooks.example/alerts?token=hidden";
  const alertsAt = (calls: readonly UpstreamCall[]) =>
    calls.filter(({ url }) => url === WEBHOOK).map(({ body }) => body);

  it("is told once of 80 % and once of all, with no key and no content", async () => {
    // 90 of 200 are 45 %, then 90 %; what is held for the next answer is more than is left.
    const { name, env } = keyed({ money_day: 0.0008 }, { webhook: WEBHOOK });
    const reply: Reply = (call) => (call.url === WEBHOOK ? json({}) : gptAnswer)(call);
    const calls = playUpstream(...Array.from({ length: 12 }, () => reply));
    const key = await keyObject(name);
    for (let at = 0; at < 9; at++) {
      await said(env, { max_tokens: 7 });
      await vi.waitFor(async () => expect((await key.usage()).held).toBe(0));
    }
    await vi.waitFor(() => expect(alertsAt(calls).length).toBe(2));
    const alert = { type: "limit", key: name, limit: "money_day", window: TODAY, limit_micros: 800 };
    expect(alertsAt(calls)).toEqual([
      { ...alert, percent: 80, spent_micros: expect.any(Number) },
      { ...alert, percent: 100, spent_micros: expect.any(Number) },
    ]);
    expect(await stored(key)).not.toContain("hidden");
  });
});
