/**
 * The table of Bedrock's models in docs/bedrock.md. Each family is asked for its facts and given requests to encode, so the
 * table says what the code does: accepts, leaves out, or refuses.
 */
import type { BedrockTarget } from "../../src/target.ts";
import { RouterError } from "../../src/errors.ts";
import { familyFor, familyNames, surfaceOf } from "../../src/families/index.ts";
import { knownModel } from "../../src/families/models/index.ts";
import { parseChat } from "../../src/dialects/openai-chat/client/parse.ts";
import type { Generated } from "../generate.ts";
import { SAMPLES, type Sample } from "./bedrock-families/models.ts";

const PNG =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PDF = "data:application/pdf;base64,JVBERi0xLjQK";
const SCHEMA = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false,
};
const TOOLS = [{ type: "function", function: { name: "f", parameters: SCHEMA } }];
const MAX_TOKENS = 1000;

const asks = (...content: readonly object[]) => ({ messages: [{ role: "user", content }] });
const TEXT = { type: "text", text: "Hello" };

/** What the columns ask for. */
const PROBES = {
  plain: { ...asks(TEXT), stream: true },
  tools: { ...asks(TEXT), stream: true, tools: TOOLS },
  required: { ...asks(TEXT), tools: TOOLS, tool_choice: "required" },
  images: asks({ type: "image_url", image_url: { url: PNG } }),
  files: asks({ type: "file", file: { filename: "a.pdf", file_data: PDF } }),
  schema: {
    ...asks(TEXT),
    response_format: { type: "json_schema", json_schema: { name: "a", schema: SCHEMA } },
  },
  cache: asks({ ...TEXT, cache_control: { type: "ephemeral" } }),
} satisfies Record<string, object>;

type Probe = keyof typeof PROBES;

interface Outcome {
  readonly body: string;
  readonly streams: boolean;
  readonly dropped: readonly string[];
}

/** What becomes of a probe; undefined when the family refuses it with a 400. */
function encode(target: BedrockTarget, probe: Probe): Outcome | undefined {
  const request = { ...parseChat({ model: "m", ...PROBES[probe] }), maxTokens: MAX_TOKENS };
  try {
    const { body, operation, dropped } = familyFor(target).encode(request, target);
    return { body: JSON.stringify(body), streams: operation.endsWith("-stream"), dropped };
  } catch (thrown) {
    if (thrown instanceof RouterError && thrown.status === 400) return undefined;
    throw thrown;
  }
}

const YES = "yes";
const BY_CONVERSE = "Converse";
const NO = "";

/** The cell for one way to call the model, or for `api: converse` where only that can do it. */
function cell(target: BedrockTarget, of: (target: BedrockTarget) => string): string {
  const own = of(target);
  if (own !== NO || target.api === "converse") return own;
  return of({ ...target, api: "converse" }) === NO ? NO : BY_CONVERSE;
}

const accepted =
  (probe: Probe) =>
  (target: BedrockTarget): string =>
    encode(target, probe) === undefined ? NO : YES;

function streams(target: BedrockTarget): string {
  if (!encode(target, "plain")?.streams) return "at once";
  const tools = encode(target, "tools");
  return tools !== undefined && !tools.streams ? "without tools" : YES;
}

function tools(target: BedrockTarget): string {
  if (encode(target, "tools") === undefined) return NO;
  return encode(target, "required") === undefined ? "`auto` only" : YES;
}

/** Whether the answer's form is more than asked for in words. */
function schema(target: BedrockTarget): string {
  const outcome = encode(target, "schema");
  return outcome === undefined || outcome.dropped.includes("response_format") ? NO : YES;
}

function caching(target: BedrockTarget): string {
  const marked = encode(target, "cache");
  if (marked === undefined || marked.body === encode(target, "plain")?.body) return NO;
  const least = knownModel(target.model)?.cacheMinimum;
  return least === undefined ? YES : `from ${tokens(least)}`;
}

/** 1000000 as `1M`, 200000 as `200k`, 32768 as `32,768`. */
function tokens(count: number | undefined): string {
  if (count === undefined) return "";
  if (count % 1_000_000 === 0) return `${count / 1_000_000}M`;
  return count % 1000 === 0 ? `${count / 1000}k` : count.toLocaleString("en-US");
}

/** `Claude Opus 4.5, Claude Opus 4.6` as `Claude Opus 4.5, Opus 4.6`. */
function joined(labels: readonly string[]): string {
  const maker = `${labels[0]?.split(" ")[0]} `;
  return labels
    .map((label, at) => (at > 0 && label.startsWith(maker) ? label.slice(maker.length) : label))
    .join(", ");
}

/** Whether Bedrock still offers it. */
function offered(model: string): string {
  const { state, on } = knownModel(model)?.lifecycle ?? {};
  if (state === undefined) return YES;
  if (state === "legacy") return `until ${on}`;
  return on === undefined ? "**retired**" : `**retired** ${on}`;
}

const HEAD = [
  "Models",
  "Offered",
  "`family`",
  "API",
  "Context",
  "Output",
  "Streams",
  "Tools",
  "Images",
  "PDF, text files",
  "Reasoning",
  "JSON schema",
  "Cache points",
];

function cells({ model, family }: Sample): string[] {
  const target: BedrockTarget = {
    kind: "bedrock",
    name: "m",
    provider: "bedrock",
    model,
    description: "",
    regions: [],
    credentials: {},
    ...(family !== undefined && { family }),
  };
  const native = familyFor({ ...target, api: "invoke" });
  const { surface, endpoint } = surfaceOf(target);
  // Where another API carries it there is no family; what the model itself can do is still known.
  const mantle = endpoint === "mantle";
  const used = surface === "converse" ? familyFor(target) : native;
  const api = surface === "converse" ? BY_CONVERSE : surface;
  const { contextWindow, maxOutput, capabilities } = used.facts(target);
  const called: BedrockTarget = mantle ? { ...target, api: "invoke" } : target;
  return [
    offered(model),
    `\`${native.name}\``,
    mantle ? `${api}, mantle` : api,
    tokens(contextWindow),
    tokens(maxOutput),
    streams(called),
    cell(called, tools),
    cell(called, accepted("images")),
    cell(called, accepted("files")),
    capabilities?.reasoning ? YES : NO,
    cell(called, schema),
    cell(called, caching),
  ];
}

/** Families that have no model in the table. */
function missing(rows: readonly (readonly string[])[]): string[] {
  const shown = new Set(rows.map(([, family]) => family));
  // Two names of Llama and one of Mistral only tell the generation behind an ARN.
  const others = new Set(["llama2", "llama4", "mistral-text"]);
  return familyNames().filter((name) => !shown.has(`\`${name}\``) && !others.has(name));
}

/**
 * The table's lines.
 * @throws Error for a family without a model in bedrock-families/models.ts.
 */
export function generated(): Generated[] {
  const rows: { labels: string[]; facts: string[] }[] = [];
  for (const sample of SAMPLES) {
    const facts = cells(sample);
    const last = rows.at(-1);
    if (last?.facts.join() === facts.join()) last.labels.push(sample.label);
    else rows.push({ labels: [sample.label], facts });
  }
  const without = missing(rows.map(({ facts }) => facts));
  if (without.length > 0) {
    throw new Error(`scripts/generate/bedrock-families/models.ts has no model of ${without.join(", ")}`);
  }
  const lines = [HEAD, HEAD.map(() => "---"), ...rows.map(({ labels, facts }) => [joined(labels), ...facts])];
  const content = lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
  return [{ path: "docs/bedrock.md", part: "families", content }];
}
