/**
 * `npm run bench`: CPU per answer, time to first byte and requests a second of the router, as ratios to baseline Workers
 * in alternating rounds. Absolute numbers depend on the machine; the ratios are what to compare.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { type Served, serveBaseline, serveRouter } from "./workers.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, only: { type: "string" } },
});
const ROUNDS = Number(values.rounds);

interface Case {
  readonly name: string;
  /** The configured model, and the first path segment of the upstream. */
  readonly play: string;
  readonly stream: boolean;
  /** Answers a round, and how many of them at once. */
  readonly answers: number;
  readonly parallel: number;
  /** The baseline that the target is relative to, and the target. */
  readonly against: "native" | "loop" | "signed";
  readonly target: number;
}

const CASES: readonly Case[] = [
  {
    name: "Bedrock stream, burst",
    play: "bedrock-500-0",
    stream: true,
    answers: 40,
    parallel: 4,
    against: "loop",
    target: 0.7,
  },
  {
    name: "Bedrock stream, 1 ms",
    play: "bedrock-500-1",
    stream: true,
    answers: 32,
    parallel: 16,
    against: "loop",
    target: 1.15,
  },
  {
    name: "Bedrock stream, 20 ms",
    play: "bedrock-100-20",
    stream: true,
    answers: 64,
    parallel: 32,
    against: "loop",
    target: 1.2,
  },
  {
    name: "OpenAI-compatible stream, burst",
    play: "openai-500-0",
    stream: true,
    answers: 40,
    parallel: 4,
    against: "native",
    target: 1.2,
  },
  {
    name: "OpenAI-compatible stream, 1 ms",
    play: "openai-500-1",
    stream: true,
    answers: 32,
    parallel: 16,
    against: "native",
    target: 1.2,
  },
];

const upstream = await startUpstream();
const router = await serveRouter("router", {
  ROUTER_AUTH: "none",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "bench",
  ROUTER_CONFIG: routerConfig(upstream.url),
});
const credentials = {
  UPSTREAM: upstream.url,
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "bench",
};
const baselines = {
  native: await serveBaseline("native", credentials),
  loop: await serveBaseline("loop", credentials),
  signed: await serveBaseline("signed", credentials),
};

const rows: Record<string, string | number>[] = [];
for (const bench of CASES) {
  if (values.only && !bench.name.includes(values.only)) continue;
  rows.push(await measureCpu(bench));
  console.table(rows.slice(-1));
}
if (!values.only) rows.push(...(await measureLatency()));
console.table(rows);
const folder = join(import.meta.dirname, "../dist");
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "bench.json"),
  `${JSON.stringify({ node: process.version, rounds: ROUNDS, rows }, null, 2)}\n`,
);
await Promise.all([router, ...Object.values(baselines)].map((served) => served.close()));
await upstream.stop();

/** CPU a stream, router against a baseline and the baseline against itself, in alternating rounds. */
async function measureCpu(bench: Case): Promise<Record<string, string | number>> {
  const baseline = baselines[bench.against];
  const ratios: number[] = [];
  const self: number[] = [];
  const perStream: number[] = [];
  await cpuOf(router, bench);
  await cpuOf(baseline, bench);
  for (let round = 0; round < ROUNDS; round++) {
    const first = await cpuOf(baseline, bench);
    const ours = await cpuOf(router, bench);
    const second = await cpuOf(baseline, bench);
    ratios.push(ours / ((first + second) / 2));
    self.push(second / first);
    perStream.push(ours / bench.answers);
  }
  return {
    case: bench.name,
    "CPU ms/stream": round(median(perStream)),
    against: bench.against,
    ratio: round(median(ratios)),
    target: bench.target,
    "baseline to itself": `${round(Math.min(...self))}-${round(Math.max(...self))}`,
  };
}

async function cpuOf(served: Served, bench: Case): Promise<number> {
  const before = served.cpuMs();
  let left = bench.answers;
  const client = async () => {
    while (left-- > 0) await (await ask(served, bench.play, bench.stream)).arrayBuffer();
  };
  await Promise.all(Array.from({ length: bench.parallel }, client));
  return served.cpuMs() - before;
}

/** Time to first byte of one client, and requests a second of many, against the signed pass-through. */
async function measureLatency(): Promise<Record<string, string | number>[]> {
  const firstByte = async (served: Served) => {
    const times: number[] = [];
    for (let i = 0; i < 300; i++) {
      const started = performance.now();
      const response = await ask(served, "bedrock-5-0", true);
      const reader = response.body?.getReader();
      await reader?.read();
      times.push(performance.now() - started);
      while (!(await reader?.read())?.done);
    }
    return median(times);
  };
  const perSecond = async (served: Served) => {
    const started = performance.now();
    let left = 2000;
    const client = async () => {
      while (left-- > 0) await (await ask(served, "bedrock-5-0", false)).arrayBuffer();
    };
    await Promise.all(Array.from({ length: 32 }, client));
    return 2000 / ((performance.now() - started) / 1000);
  };
  const compare = async (measure: (served: Served) => Promise<number>) => {
    await measure(router);
    await measure(baselines.signed);
    const pairs: [number, number][] = [];
    for (let i = 0; i < ROUNDS; i++) pairs.push([await measure(router), await measure(baselines.signed)]);
    return pairs;
  };
  const bytes = await compare(firstByte);
  const rates = await compare(perSecond);
  return [
    {
      case: "Time to first byte over signed, ms",
      against: "signed",
      ratio: round(median(bytes.map(([ours, theirs]) => ours - theirs))),
      target: 1,
    },
    {
      case: "Non-streaming requests/s, 32 clients",
      against: "signed",
      ratio: round(median(rates.map(([ours, theirs]) => ours / theirs))),
      target: 0.7,
    },
  ];
}

/** The same request to the router and to a baseline, which takes the upstream's path from the query. */
async function ask(served: Served, play: string, stream: boolean): Promise<Response> {
  const operation = stream ? "invoke-with-response-stream" : "invoke";
  const path = play.startsWith("openai") ? `/${play}/chat/completions` : `/${play}/model/m/${operation}`;
  const response = await fetch(`${served.url}/v1/chat/completions?path=${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: play, stream, messages: [{ role: "user", content: "Hello" }] }),
  });
  if (!response.ok) throw new Error(`${served.name}: ${response.status} ${await response.text()}`);
  return response;
}

function routerConfig(url: string): string {
  const plays = [...new Set([...CASES.map(({ play }) => play), "bedrock-5-0"])];
  const llms = plays.map((play) =>
    play.startsWith("openai")
      ? `  ${play}: { provider: bench, auth_mode: none, base_url: "${url}/${play}" }`
      : `  ${play}: { provider: bedrock, model: anthropic.claude-sonnet-4-20250514-v1:0, base_url: "${url}/${play}" }`,
  );
  return `llms:\n${llms.join("\n")}\n`;
}

async function startUpstream(): Promise<{ url: string; stop(): Promise<unknown> }> {
  const worker = new Worker(join(import.meta.dirname, "upstream.ts"));
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => worker.terminate() };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
