/** A row that cannot be read any more: it is left out, the log says of which table, and all else goes on. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LedgerLine } from "../../../src/chat/ledger-line.ts";
import type { KeyDirectory } from "../../../src/objects/directory/object.ts";
import { reasoningMemory } from "../../../src/objects/reasoning/client.ts";
import { addLine, COLUMNS, noSums } from "../../../src/objects/ledger/sums.ts";
import { responseStore } from "../../../src/objects/responses/store.ts";
import { sessionStore } from "../../../src/objects/session/store.ts";
import { json, playUpstream } from "../../support/upstream.ts";
import { ask, envOf, errorOf, GPT, KEY, quietLog } from "../support.ts";

let log: () => readonly unknown[];
beforeEach(() => {
  log = quietLog();
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

declare global {
  namespace Cloudflare {
    interface Env {
      KEY_DIRECTORY: DurableObjectNamespace<KeyDirectory>;
    }
  }
}

const SECRET = "what-nobody-may-read";
/** No JSON, and JSON of another form. */
const DAMAGES = [`{"columns":["${SECRET}`, `{"columns":["${SECRET}"]}`, "null"];
/** What the log was told, and nothing of the row. */
function expectTold(table: string): void {
  expect(log()).toContainEqual({ code: "row_unreadable", table });
  expect(JSON.stringify(log())).not.toContain(SECRET);
}

function lineOf(model: string): LedgerLine {
  return {
    ...{ request_id: "req_1", at: Date.now(), api: "openai-chat", door: "http", stream: true, model },
    ...{ place: "", strategy: "random", reason: null, trail: "", status: 200, code: null, limited: false },
    ...{ input_tokens: 10, output_tokens: 7, cache_read_tokens: 0, cache_write_tokens: 0 },
    ...{ cache_write_1h_tokens: 0, reasoning_tokens: 0, cost_micros: 90, estimated: false },
    ...{ first_ms: 120, ms: 700, session: null },
  };
}

/** Sums of so many exchanges. */
function counted(requests: number): unknown {
  const columns = COLUMNS.map((name) => (name === "requests" ? requests : expect.any(Number)));
  return expect.objectContaining({ columns });
}

it.each(DAMAGES)("of the ledger's counters: %s", async (damage) => {
  const ledger = env.LEDGER.get(env.LEDGER.newUniqueId());
  const tell = (number: number) => {
    const sums = noSums();
    for (const model of ["hurt", "well"]) addLine(sums, lineOf(model), 90);
    return ledger.tell({ key: "k", tags: ["a"], number, days: [[20_000, sums]], keepDays: 400 });
  };
  await tell(1);
  await runInDurableObject(ledger, (_, { storage: { sql } }) => {
    sql.exec("UPDATE metrics SET sums = ? WHERE name LIKE '%hurt%'", damage);
    sql.exec("UPDATE keys SET tags = ?", `["${SECRET}`);
  });
  expect(await ledger.metrics()).toEqual([['["well",""]', counted(1)]]);
  expectTold("metrics");
  const byTag = { by: ["tag"], from: 0, to: 30_000, most: 10 };
  expect(await ledger.usage(byTag)).toEqual([]);
  // The next batch counts, and brings the row to rights.
  await tell(2);
  expect(await ledger.metrics()).toEqual([
    ['["hurt",""]', counted(1)],
    ['["well",""]', counted(2)],
  ]);
  expect(await ledger.usage(byTag)).toMatchObject([[["a"], expect.arrayContaining([4])]]);
});

it.each([...DAMAGES, `[[["${SECRET}",1]],[]]`])("of a key's day, and of its lines: %s", async (damage) => {
  const key = env.KEYS.get(env.KEYS.newUniqueId());
  const settings = { key: "k", tags: [], ledger: "lines" as const, days: 400 };
  const note = (id: string) => key.tell([], [{ id, line: lineOf("gpt"), counted: false }], settings);
  await note("first");
  await note("second");
  await runInDurableObject(key, (_, { storage: { sql } }) => {
    sql.exec("UPDATE days SET untold = ?", damage);
    sql.exec("UPDATE lines SET line = ? WHERE id = 'first'", damage);
  });
  await evictDurableObject(key);
  expect((await key.lines(100, 100)).map(({ id }) => id)).toEqual(["second"]);
  expectTold("lines");
  expectTold("days");
  // What limits are counted by stands in columns of its own.
  expect((await key.usage()).month).toEqual({ cost: 180, tokens: 34, requests: 2 });
  await note("third");
  expect((await key.lines(100, 100)).map(({ id }) => id)).toEqual(["third", "second"]);
});

it("of the list of keys", async () => {
  const directory = env.KEY_DIRECTORY.get(env.KEY_DIRECTORY.newUniqueId());
  for (const id of ["a", "b", "c"]) {
    await directory.add({ id, name: `name of ${id}`, limits: {}, createdAt: 1 });
  }
  await runInDurableObject(directory, (_, { storage: { sql } }) => {
    sql.exec("UPDATE keys SET line = ? WHERE id = 'b'", `{"id":"b","name":"${SECRET}"}`);
  });
  expect((await directory.list("", 10)).map(({ id }) => id)).toEqual(["a", "c"]);
  expect(await directory.get("b")).toBeUndefined();
  expectTold("keys");
});

it.each(DAMAGES)("of a conversation: what went before it is left out, too: %s", (damage) =>
  runInDurableObject(env.CHAT_SESSION.get(env.CHAT_SESSION.newUniqueId()), (_, { storage }) => {
    const store = sessionStore(storage);
    store.setSystem("Be brief.");
    for (const text of ["one", "two", "three"]) {
      const turn = store.add(undefined, [{ role: "user", content: text }]);
      store.end(turn, "complete", 1, { role: "assistant", content: text });
    }
    storage.sql.exec("UPDATE texts SET text = ? WHERE turn = 2 AND kind = 'answer'", damage.slice(0, 20));
    storage.sql.exec("UPDATE texts SET text = ? WHERE kind = 'system'", damage);
    expect([...store.past()].map(({ number }) => number)).toEqual([3]);
    expect(store.system()).toBeUndefined();
    expectTold("texts");
  }),
);

it("of a tool turn's reasoning", async () => {
  const client = "damaged";
  const work: Promise<unknown>[] = [];
  const memory = reasoningMemory({ ...env }, client, (promise) => work.push(promise));
  const blocks = [{ kind: "text" as const, text: "hm" }];
  for (const id of ["call_1", "call_2"]) memory?.save("m", id, blocks);
  await Promise.all(work);
  const stub = env.REASONING.get(env.REASONING.idFromName(client));
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    sql.exec("UPDATE reasoning SET blocks = ? WHERE id LIKE '%call_1'", `["${SECRET}`);
  });
  expect(await memory?.load("m", ["call_1", "call_2"])).toEqual(new Map([["call_2", blocks]]));
  expectTold("reasoning");
});

it("of a stored response: as if it had never been kept, and not as a failure of the router", async () => {
  const bound = envOf(
    { llms: { gpt: GPT } },
    { RESPONSES: env.RESPONSES, ROUTER_API_KEYS: `damaged-responses=${KEY}` },
  );
  playUpstream(
    json({
      ...{ id: "x", object: "chat.completion", created: 1, model: "m" },
      choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
    }),
  );
  const post = (body: object) => ask(bound, "/v1/responses", { method: "POST", body });
  const { id } = await (await post({ model: "gpt", input: "Hello" })).json<{ id: string }>();
  const [, chain = ""] = id.split("_");
  const bytes = new TextEncoder().encode(JSON.stringify(["responses", "damaged-responses", chain]));
  const name = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  await runInDurableObject(env.RESPONSES.get(env.RESPONSES.idFromName(name)), (_, { storage }) => {
    storage.sql.exec("UPDATE texts SET text = ?", `["${SECRET}`);
    expect(responseStore(storage).item(0, 0)).toBeUndefined();
  });
  const next = await post({ model: "gpt", input: "And?", previous_response_id: id });
  expect([next.status, (await errorOf(next)).code]).toEqual([400, "previous_response_not_found"]);
  for (const path of ["", "/input_items"]) {
    const gone = await ask(bound, `/v1/responses/${id}${path}`);
    expect([gone.status, (await errorOf(gone)).code]).toEqual([404, "response_not_found"]);
  }
  expectTold("texts");
});
