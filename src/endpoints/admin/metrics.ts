/** `GET /metrics`: all that the ledger was ever told, by model and place, in Prometheus' text format (0.0.4). */
import type { AppContext, Endpoint } from "../../http/context.ts";
import { ledgerMetrics } from "../../objects/ledger/client.ts";
import {
  BUCKETS_MS,
  COLUMNS,
  OTHER,
  placeName,
  placeOf,
  plusSums,
  type Sums,
} from "../../objects/ledger/sums.ts";
import { resting } from "../../routing/cooldown.ts";
import { configOf } from "../../services.ts";

/** Models with their places; the rest counts as one. Far more than anyone configures. */
const MOST_PLACES = 500;
const MOST_LABEL_CHARS = 200;
const PREFIX = "openclaw_router_";

export const metrics: Endpoint = { method: "GET", path: "/metrics", access: "admin", handle };

/** What each of {@link COLUMNS} is. Errors are told by their codes. */
const COUNTERS: Readonly<Record<Exclude<(typeof COLUMNS)[number], "errors">, readonly [string, string]>> = {
  requests: ["requests", "Exchanges, whatever their end."],
  limited: ["limited_requests", "Exchanges that a limit of the key has refused."],
  estimated: ["estimated_requests", "Exchanges whose tokens were counted by length."],
  unpriced: ["unpriced_requests", "Exchanges with tokens whose price is not known."],
  input_tokens: ["input_tokens", "Tokens of prompts, those of caches among them."],
  output_tokens: ["output_tokens", "Tokens of answers, reasoning among them."],
  cache_read_tokens: ["cache_read_tokens", "Tokens of prompts that were read from a cache."],
  cache_write_tokens: ["cache_write_tokens", "Tokens of prompts that were written to a cache."],
  cache_write_1h_tokens: ["cache_write_1h_tokens", "Those of them that are kept for an hour."],
  reasoning_tokens: ["reasoning_tokens", "Tokens of answers that were reasoning."],
  cost_micros: ["cost_usd", "What it has cost, in US dollars."],
};

type Labels = Readonly<Record<string, string>>;
interface Series {
  readonly labels: Labels;
  readonly sums: Sums;
}

async function handle(c: AppContext): Promise<Response> {
  const all = seriesOf(await ledgerMetrics(c.env));
  const lines = COLUMNS.flatMap((column, at) => {
    if (column === "errors") return errorLines(all);
    const [name, help] = COUNTERS[column];
    const scale = column === "cost_micros" ? 1e-6 : 1;
    const values = all.map(({ labels, sums }) => [labels, (sums.columns[at] ?? 0) * scale] as const);
    return family(`${name}_total`, "counter", help, values);
  });
  lines.push(
    ...histogram(
      "time_to_first_token_seconds",
      "Until the first delta, or a whole answer.",
      all,
      ({ first }) => first,
    ),
    ...histogram("request_duration_seconds", "Until the end of the answer.", all, ({ total }) => total),
    ...cooldownLines(c),
  );
  const text = `${lines.join("\n")}\n`;
  return c.body(text, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
}

/** By their labels, those with the most exchanges first, and no more than {@link MOST_PLACES}. */
function seriesOf(found: ReadonlyMap<string, Sums>): Series[] {
  const sorted = [...found].sort(([, a], [, b]) => (b.columns[0] ?? 0) - (a.columns[0] ?? 0));
  const kept = new Map(sorted.slice(0, MOST_PLACES));
  const other = placeName(OTHER, "");
  for (const [, sums] of sorted.slice(MOST_PLACES)) {
    const known = kept.get(other);
    kept.set(other, known ? plusSums(known, sums) : sums);
  }
  return [...kept].flatMap(([name, sums]) => {
    const [model, place] = placeOf(name) ?? [];
    return model === undefined || place === undefined ? [] : [{ labels: { model, place }, sums }];
  });
}

function errorLines(all: readonly Series[]): string[] {
  const values = all.flatMap(({ labels, sums }) =>
    Object.entries(sums.codes).map(([code, count]) => [{ ...labels, code }, count] as const),
  );
  return family("errors_total", "counter", "Exchanges that ended in an error, by its code.", values);
}

/** What an isolate remembers is its own: another may know of more, or of less. */
function cooldownLines(c: AppContext): string[] {
  const values = restingNow(c).map(({ model, place, ms }) => [{ model, place }, ms / 1000] as const);
  const help =
    "How long a place that failed is left alone yet, as the isolate knows it that answers this request.";
  return family("isolate_cooldown_seconds", "gauge", help, values);
}

/** None while the configuration is broken: the totals can be read all the same. */
function restingNow(c: AppContext): ReturnType<typeof resting> {
  try {
    return resting(configOf(c.env));
  } catch {
    return [];
  }
}

function family(
  name: string,
  type: "counter" | "gauge",
  help: string,
  values: readonly (readonly [Labels, number])[],
): string[] {
  return [...head(name, type, help), ...values.map(([labels, value]) => sample(name, labels, value))];
}

function histogram(name: string, help: string, all: readonly Series[], of: (sums: Sums) => number[]) {
  const samples = all.flatMap(({ labels, sums }) => {
    const counts = of(sums);
    let count = 0;
    const buckets = [...BUCKETS_MS, Number.POSITIVE_INFINITY].map((most, at) => {
      count += counts[at] ?? 0;
      const le = most === Number.POSITIVE_INFINITY ? "+Inf" : String(most / 1000);
      return sample(`${name}_bucket`, { ...labels, le }, count);
    });
    const sum = (counts[BUCKETS_MS.length + 1] ?? 0) / 1000;
    return [...buckets, sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, count)];
  });
  return [...head(name, "histogram", help), ...samples];
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${type}`];
}

function sample(name: string, labels: Labels, value: number): string {
  const written = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${PREFIX}${name}{${written.join(",")}} ${value}`;
}

function escaped(text: string): string {
  return text
    .slice(0, MOST_LABEL_CHARS)
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
