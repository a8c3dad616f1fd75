/** docs/operations.md: its rules and queries name what `/metrics` and the log have. */
import { env as worker } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { parse } from "yaml";
import operations from "../../docs/operations.md?raw";
import type { LedgerLine } from "../../src/chat/ledger-line.ts";
import type { Ledger } from "../../src/objects/ledger/object.ts";
import { addLine, noSums } from "../../src/objects/ledger/sums.ts";
import { json, playUpstream } from "../support/upstream.ts";
import { ask, chat, envOf, GPT, quietLog } from "./support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      LEDGER: DurableObjectNamespace<Ledger>;
    }
  }
}

let lines: string[] = [];
beforeEach(() => {
  quietLog();
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line: unknown) => void lines.push(String(line)));
});
afterEach(() => vi.restoreAllMocks());

const METRIC = /(openclaw_router_[a-z_0-9]+)(?:\{([^}]*)\})?/g;
const llms = { gpt: { ...GPT, input_price: 2, output_price: 10 } };
const ADMIN = "sk-admin-0123456789abcdef";

/** Chapters of the page by their titles. */
const chapters = new Map(
  operations.split(/^## /m).map((text): [string, string] => [text.split("\n")[0] ?? "", text]),
);
const chapter = (title: string): string => chapters.get(title) ?? "";

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = ""]) => found);
}

/** What is scraped once an exchange has failed. */
async function scraped(): Promise<string> {
  const line: LedgerLine = {
    ...{ request_id: "req_1", at: Date.now(), api: "openai-chat", door: "http", stream: true, model: "gpt" },
    ...{ place: "", strategy: "random", reason: null, trail: "", status: 500, code: "upstream_error" },
    ...{ limited: false, input_tokens: 10, output_tokens: 7, cache_read_tokens: 4, cache_write_tokens: 0 },
    ...{ cache_write_1h_tokens: 0, reasoning_tokens: 2, cost_micros: 1, estimated: false },
    ...{ first_ms: 120, ms: 700, session: null },
  };
  const sums = noSums();
  addLine(sums, line, 1);
  const ledger = worker.LEDGER.get(worker.LEDGER.idFromName("ledger 7"));
  await ledger.tell({ key: "operations-page", tags: [], number: 1, days: [[20_000, sums]], keepDays: 400 });
  const env = envOf({ llms }, { LEDGER: worker.LEDGER, ROUTER_ADMIN_KEY: ADMIN });
  return (await ask(env, "/metrics", { key: ADMIN })).text();
}

/** The PromQL of the page: of its rules, and in its text. */
function queries(): string[] {
  const [rules = ""] = matches(chapter("Metrics"), /```yaml\n(groups:.*?)```/gs);
  const file: { groups: { rules: { alert: string; expr: string; for?: string }[] }[] } = parse(rules);
  return [
    ...file.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
    ...matches(chapter("Metrics"), /`(\w+\([^`]*openclaw_router_[^`]*)`/g),
  ];
}

it("asks for metrics that there are, by labels that they have", async () => {
  const samples = matches(await scraped(), /^(openclaw_router_.*) \S+$/gm);
  const asked = queries();
  expect(asked).toHaveLength(3);
  for (const query of asked) {
    for (const pair of ["()", "[]", "{}"]) {
      expect(query.split(pair.charAt(0)).length, query).toBe(query.split(pair.charAt(1)).length);
    }
    const grouped = matches(query, / by \(([^)]*)\)/g).flatMap((labels) => labels.split(", "));
    for (const [, metric = "", selector = ""] of query.matchAll(METRIC)) {
      const labels = [...grouped, ...matches(selector, /(\w+)[!=][=~]?"/g)];
      const has = (sample: string) =>
        sample.startsWith(`${metric}{`) && labels.every((label) => sample.includes(`${label}="`));
      expect(samples.some(has), `${metric} by ${labels.join()}`).toBe(true);
    }
  }
});

it("lists all metrics, and no other", async () => {
  const [table = ""] = matches(chapter("Metrics"), /begin with `openclaw_router_`:\n\n(.*?)\n\n/gs);
  const listed = matches(table, /^\| (`[^|]*) \|/gm).flatMap((cell) => matches(cell, /`(\w+)`/g));
  const families = matches(await scraped(), /^# TYPE openclaw_router_(\S+)/gm);
  expect(listed.toSorted()).toEqual(families.toSorted());
});

it("asks the log for fields that its lines have", async () => {
  const answer = { message: { role: "assistant", content: "Hi" }, finish_reason: "stop", index: 0 };
  const usage = { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 };
  playUpstream(
    json({ id: "x", object: "chat.completion", created: 1, model: "m", choices: [answer], usage }),
    json({ error: { message: "oops" } }, { status: 400 }),
  );
  const env = envOf({ llms });
  for (let at = 0; at < 2; at++) await (await chat(env, { model: "gpt" })).text();
  const logged: object[] = lines.map((line) => JSON.parse(line));
  expect(logged).toHaveLength(2);
  const fields = new Set(logged.flatMap((line) => Object.keys(line)));
  const attempt: unknown = Object(logged[0]).attempts[0];
  const programs = matches(chapter("Logs and traces"), /jq -c "\$lines \| ([^"]*)"/g);
  expect(programs).toHaveLength(3);
  for (const program of ["select(.dialect)", ...programs]) {
    const named = matches(program, /(?<![\]\w])\.(\w+)/g);
    const shown = matches(program, /\{([^}]*)\}/g)
      .flatMap((members) => members.split(", "))
      .filter((member) => !member.includes(":"));
    for (const field of [...named, ...shown]) expect([...fields], program).toContain(field);
    for (const member of matches(program, /\]\.(\w+)/g)) expect(attempt).toHaveProperty(member);
  }
});
