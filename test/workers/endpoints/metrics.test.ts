/** `GET /metrics`: what the ledger was told, as a parser of others reads it; who may read it. */
import { env as worker } from "cloudflare:workers";
import parse from "parse-prometheus-text-format";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LedgerLine } from "../../../src/chat/ledger-line.ts";
import type { Env } from "../../../src/env.ts";
import type { Ledger } from "../../../src/objects/ledger/object.ts";
import { addLine, BUCKETS_MS, noSums } from "../../../src/objects/ledger/sums.ts";
import { playUpstream, refusal } from "../../support/upstream.ts";
import { ask, chat, envOf, GPT, KEY, NO_RETRY, quietLog } from "../support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      LEDGER: DurableObjectNamespace<Ledger>;
    }
  }
}

const ADMIN = "sk-admin-0123456789abcdef";
const DAY_MS = 86_400_000;
const env = envOf(
  { router: { retry: NO_RETRY }, llms: { gpt: GPT } },
  { LEDGER: worker.LEDGER, ROUTER_ADMIN_KEY: ADMIN },
);

beforeEach(() => {
  quietLog();
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

function lineOf(more: Partial<LedgerLine>): LedgerLine {
  return {
    ...{ request_id: "req_1", at: Date.now(), api: "openai-chat", door: "http", stream: true, model: "gpt" },
    ...{ place: "", strategy: "random", reason: null, trail: "", status: 200, code: null, limited: false },
    ...{ input_tokens: 10, output_tokens: 7, cache_read_tokens: 4, cache_write_tokens: 0 },
    ...{ cache_write_1h_tokens: 0, reasoning_tokens: 2, cost_micros: 1_500_000, estimated: false },
    ...{ first_ms: 120, ms: 700, session: null, ...more },
  };
}

let batch = 0;
/** Tells one of the ledger's objects of exchanges, as a key's object would. */
async function told(shard: string, lines: readonly LedgerLine[], sign: 1 | -1 = 1): Promise<void> {
  const sums = noSums();
  for (const line of lines) addLine(sums, line, line.cost_micros ?? 0, sign);
  const days = [[Math.floor(Date.now() / DAY_MS), sums] as const];
  const ledger = worker.LEDGER.get(worker.LEDGER.idFromName(`ledger ${shard}`));
  await ledger.tell({ key: `metrics-${shard}`, tags: [], number: ++batch, days, keepDays: 400 });
}

async function scraped(from: Env = env): Promise<string> {
  const response = await ask(from, "/metrics", { key: ADMIN });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return response.text();
}

/** The samples of one model, by name and the labels beside the model. */
function samplesOf(text: string, model: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, metrics } of parse(text)) {
    for (const { labels = {}, value } of metrics) {
      const { model: of, ...rest } = labels;
      if (of === model) found[`${name} ${Object.values(rest).join(" ")}`.trim()] = Number(value);
    }
  }
  return found;
}

describe("GET /metrics", () => {
  it("has the sums of all the ledger's objects, in dollars and seconds", async () => {
    const model = "sums";
    await told("0", [lineOf({ model, place: "eu-west-1" })]);
    await told("9", [
      lineOf({ model, place: "eu-west-1", estimated: true, cost_micros: null }),
      lineOf({ model, place: "eu-west-1", code: "upstream_timeout", status: 500, first_ms: null }),
      lineOf({ model, place: "eu-west-1", code: "rate_limit_exceeded", status: 429, limited: true }),
    ]);
    const of = samplesOf(await scraped(), model);
    expect(of).toMatchObject({
      "openclaw_router_requests_total eu-west-1": 4,
      "openclaw_router_errors_total eu-west-1 upstream_timeout": 1,
      "openclaw_router_errors_total eu-west-1 rate_limit_exceeded": 1,
      "openclaw_router_limited_requests_total eu-west-1": 1,
      "openclaw_router_estimated_requests_total eu-west-1": 1,
      "openclaw_router_unpriced_requests_total eu-west-1": 1,
      "openclaw_router_input_tokens_total eu-west-1": 40,
      "openclaw_router_output_tokens_total eu-west-1": 28,
      "openclaw_router_cache_read_tokens_total eu-west-1": 16,
      "openclaw_router_reasoning_tokens_total eu-west-1": 8,
    });
    expect(of["openclaw_router_cost_usd_total eu-west-1"]).toBeCloseTo(4.5, 9);
  });

  it("has histograms whose buckets add up", async () => {
    const model = "times";
    await told("1", [
      lineOf({ model, first_ms: 100, ms: 101 }),
      lineOf({ model, first_ms: 2400, ms: 400_000 }),
      lineOf({ model, first_ms: null, ms: 5000 }),
    ]);
    const text = await scraped();
    const lines = text.split("\n").filter((line) => line.includes(`{model="${model}"`));
    const histogram = (name: string) =>
      lines.flatMap((line) => {
        const found = line.match(new RegExp(`^openclaw_router_${name}_bucket\\{.*le="([^"]+)"\\} (\\d+)$`));
        return found ? [[found[1], Number(found[2])]] : [];
      });
    const bounds = [...BUCKETS_MS.map((ms) => String(ms / 1000)), "+Inf"];
    const first = [1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2].map((count, at) => [bounds[at], count]);
    expect(histogram("time_to_first_token_seconds")).toEqual(first);
    const total = [0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3].map((count, at) => [bounds[at], count]);
    expect(histogram("request_duration_seconds")).toEqual(total);
    const labels = `{model="${model}",place=""}`;
    expect(lines).toContain(`openclaw_router_time_to_first_token_seconds_sum${labels} 2.5`);
    expect(lines).toContain(`openclaw_router_time_to_first_token_seconds_count${labels} 2`);
    expect(lines).toContain(`openclaw_router_request_duration_seconds_sum${labels} 405.101`);
    expect(lines).toContain(`openclaw_router_request_duration_seconds_count${labels} 3`);
    const families = parse(text).filter(({ type }) => type === "HISTOGRAM");
    expect(families.map(({ name }) => name)).toEqual([
      "openclaw_router_time_to_first_token_seconds",
      "openclaw_router_request_duration_seconds",
    ]);
  });

  it("says of each family what it is, once, and has no sample of another", async () => {
    await told("2", [lineOf({ model: "families", code: "upstream_error" })]);
    const text = await scraped();
    const names = (kind: string) =>
      [...text.matchAll(new RegExp(`^# ${kind} (\\S+)`, "gm"))].map(([, n]) => n);
    expect(names("HELP")).toEqual(names("TYPE"));
    expect(new Set(names("TYPE")).size).toBe(names("TYPE").length);
    for (const line of text.trim().split("\n")) {
      if (line.startsWith("#")) continue;
      const [, name = ""] = line.match(/^([a-z0-9_]+)\{/) ?? [];
      expect(names("TYPE")).toContain(name.replace(/_(bucket|sum|count)$/, ""));
    }
    expect(text.endsWith("\n")).toBe(true);
  });

  it("keeps what a name cannot break out of", async () => {
    const model = 'a"} 1\nopenclaw_router_requests_total{model="b\\';
    await told("3", [lineOf({ model })]);
    expect(samplesOf(await scraped(), model)).toMatchObject({ openclaw_router_requests_total: 1 });
  });

  it("never goes down, whatever is released later", async () => {
    const model = "unsettled";
    const line = lineOf({ model, code: "unsettled", status: 0, estimated: true });
    await told("4", [line]);
    const before = samplesOf(await scraped(), model);
    await told("4", [line], -1);
    const after = samplesOf(await scraped(), model);
    expect(before).toMatchObject({ "openclaw_router_errors_total  unsettled": 1 });
    expect(after).toEqual(before);
  });

  it("tells what cools down, with nothing of the client that asked", async () => {
    const own = envOf(
      { router: { retry: NO_RETRY }, llms: { "gpt-cooling": GPT } },
      { LEDGER: worker.LEDGER, ROUTER_ADMIN_KEY: ADMIN, ROUTER_API_KEYS: `alice=${KEY}` },
    );
    playUpstream(...Array.from({ length: 3 }, () => refusal(503, "ServiceUnavailable", "busy")));
    for (let at = 0; at < 3; at++) {
      await (await chat(own, { model: "gpt-cooling", user: "a user's words" })).text();
    }
    const text = await scraped(own);
    const { openclaw_router_isolate_cooldown_seconds: left } = samplesOf(text, "gpt-cooling");
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60);
    expect(text).not.toMatch(/alice|user's words/);
  });

  it("is for the admin alone, at one path, and not there without an admin's key", async () => {
    expect((await ask(env, "/metrics")).status).toBe(401);
    expect((await ask(env, "/metrics", { key: null })).status).toBe(401);
    expect((await ask(env, "/v1/metrics", { key: ADMIN })).status).toBe(404);
    expect((await ask({ ...env, ROUTER_ADMIN_KEY: "" }, "/metrics", { key: ADMIN })).status).toBe(404);
    expect((await ask({ ...env, ROUTER_AUTH: "none-public" }, "/metrics", { key: null })).status).toBe(401);
  });

  it("can be read while the configuration is broken", async () => {
    const broken = envOf("llms: 5", { LEDGER: worker.LEDGER, ROUTER_ADMIN_KEY: ADMIN });
    await told("6", [lineOf({ model: "still" })]);
    expect(samplesOf(await scraped(broken), "still")).toMatchObject({ openclaw_router_requests_total: 1 });
  });

  // The last: it leaves little room for others.
  it("tells no more than 500 models and places one by one", async () => {
    const lines = Array.from({ length: 520 }, (_, at) => lineOf({ model: `many-${at}` }));
    await told("5", lines);
    const text = await scraped();
    const requests = parse(text).find(({ name }) => name === "openclaw_router_requests_total");
    expect(requests?.metrics).toHaveLength(501);
    const other = requests?.metrics.find(({ labels }) => labels?.model === "other");
    expect(Number(other?.value)).toBeGreaterThanOrEqual(20);
  });
});

describe("GET /admin/written-keys", () => {
  const config = {
    llms: { gpt: GPT },
    keys: { alice: { money_month: 50 }, "*": { models: ["gpt"] }, "**": { requests_minute: 9 } },
  };
  const written = envOf(config, {
    ROUTER_ADMIN_KEY: ADMIN,
    ROUTER_API_KEYS: "alice=sk-alice-0123456789,bob=sk-bob-0123456789a",
  });

  it("shows keys by name with their limits, and never a key", async () => {
    const response = await ask(written, "/admin/written-keys", { key: ADMIN });
    const text = await response.text();
    expect(text).not.toContain("sk-");
    expect(JSON.parse(text)).toMatchObject({
      data: [
        { object: "written_key", name: "alice", money_month: 50, models: null },
        { name: "bob", money_month: null, models: ["gpt"] },
        { name: "*", models: ["gpt"] },
        { name: "**", requests_minute: 9 },
      ],
    });
  });

  it("is an admin's alone", async () => {
    expect((await ask(written, "/admin/written-keys", { key: "sk-alice-0123456789" })).status).toBe(401);
    expect((await ask({ ...written, ROUTER_ADMIN_KEY: "" }, "/admin/written-keys")).status).toBe(404);
  });
});

describe("GET /admin/models", () => {
  it("has all models for the admin alone", async () => {
    const limited = envOf(
      { llms: { gpt: GPT, other: GPT }, keys: { "*": { models: ["gpt"] } } },
      { ROUTER_ADMIN_KEY: ADMIN },
    );
    const idsOf = async (path: string, key: string) => {
      const { data } = await (await ask(limited, path, { key })).json<{ data: { id: string }[] }>();
      return data.map(({ id }) => id);
    };
    expect(await idsOf("/admin/models", ADMIN)).toEqual(["auto", "gpt", "other"]);
    expect(await idsOf("/v1/models", KEY)).toEqual(["auto", "gpt"]);
    expect((await ask(limited, "/admin/models")).status).toBe(401);
    expect((await ask({ ...limited, ROUTER_ADMIN_KEY: "" }, "/admin/models")).status).toBe(404);
  });
});
