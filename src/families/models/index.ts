/**
 * The one table of Bedrock's models, and what follows from it: the prefixes of ids, the family, the default surface, the
 * facts. A new model is a row in its maker's file.
 */
import type { Prices } from "../../chat/cost.ts";
import { AMAZON, HIDDEN_NOVA, HIDDEN_TITAN } from "./amazon.ts";
import { ANTHROPIC, HIDDEN_CLAUDE } from "./anthropic.ts";
import { UNKNOWN } from "./converse.ts";
import type { BaseFacts, ChatModel, ClaudeModel, CohereModel, ConverseModel } from "./facts.ts";
import type { LlamaModel, MistralModel, NovaModel } from "./facts.ts";
import { HIDDEN_LLAMAS, META } from "./meta.ts";
import { HIDDEN_MISTRALS, MISTRAL } from "./mistral.ts";
import { HIDDEN_R1, OPEN_WEIGHT } from "./open-weight.ts";
import { OPENAI } from "./openai.ts";
import { HIDDEN_CHAT, HIDDEN_COHERE, HIDDEN_JAMBA, HIDDEN_PALMYRA, OTHERS } from "./others.ts";
import { LIST_PRICES } from "./list-prices.generated.ts";
import { pricesOf, type PriceRow } from "./prices.ts";
import { type ModelRow, modelRow } from "./row.ts";

/** Every known model. */
export const TABLE: readonly ModelRow[] = [
  ...ANTHROPIC,
  ...AMAZON,
  ...META,
  ...MISTRAL,
  ...OPENAI,
  ...OPEN_WEIGHT,
  ...OTHERS,
];

/** Makers on Bedrock whose models hold no conversation. */
const OTHER_MAKERS = ["luma", "stability", "twelvelabs"];

const MAKERS = new Set([...TABLE.map(({ id }) => id.slice(0, id.indexOf("."))), ...OTHER_MAKERS]);

/**
 * `us.`, `us-gov.`, `eu.`, `apac.`, `jp.`, `au.`, `ca.`, `in.`, `global.` and what AWS may add; only before a maker, because
 * a maker can look like a prefix itself (`zai.glm-4.7`).
 */
const PROFILE_PREFIX = new RegExp(`^(?:us-gov|[a-z]{2,6})\\.(?=(?:${[...MAKERS].join("|")})\\.)`);

/** The ARN resources whose last part is a model id. Every other one is named by its owner and hides the model. */
const TELLING_RESOURCES: ReadonlySet<string> = new Set(["foundation-model", "inference-profile"]);

/** `-20250929`, `-v1`; of some names a part (`nemotron-nano-9b-v2`). */
const DATE_AND_VERSION = /(?:-\d{8})?(?:-v\d+)?$/;

const EXACT: ReadonlyMap<string, ModelRow> = new Map(TABLE.map((row) => [row.id, row]));
/** The longest that fits counts. */
const PREFIXES = TABLE.filter(({ id }) => /[.-]$/.test(id)).sort((a, b) => b.id.length - a.id.length);

const PRICES: ReadonlyMap<string, readonly PriceRow[]> = new Map(LIST_PRICES);

/** Where neither id nor family says anything. */
const NOTHING_KNOWN: BaseFacts = { images: true, tools: true, reasoning: false, streaming: true };
const HIDDEN: ModelRow = modelRow("", "", NOTHING_KNOWN, { converse: UNKNOWN });

/** What counts for a model that its id does not tell, by what `family:` says of it. */
const HIDDEN_BY_FAMILY: ReadonlyMap<string | undefined, ModelRow> = new Map(
  Object.entries({
    anthropic: HIDDEN_CLAUDE,
    cohere: HIDDEN_COHERE,
    completion: modelRow(
      "",
      "completion",
      { ...NOTHING_KNOWN, images: false, tools: false },
      { converse: UNKNOWN },
    ),
    "deepseek-r1": HIDDEN_R1,
    jamba: HIDDEN_JAMBA,
    ...HIDDEN_LLAMAS,
    ...HIDDEN_MISTRALS,
    nova: HIDDEN_NOVA,
    openai: HIDDEN_CHAT,
    titan: HIDDEN_TITAN,
    writer: HIDDEN_PALMYRA,
  }),
);

/**
 * The plain model id in a configured one: `us.anthropic.claude-opus-4-6-v1`, or the ARN of a foundation model or of a
 * system-defined inference profile, give `anthropic.claude-opus-4-6-v1`.
 * @returns undefined for an ARN that does not tell the model.
 */
export function plainModelId(model: string): string | undefined {
  let id = model.trim();
  if (id.startsWith("arn:")) {
    const slash = id.indexOf("/");
    const resource = id.slice(id.lastIndexOf(":", slash) + 1, slash);
    if (slash === -1 || !TELLING_RESOURCES.has(resource)) return undefined;
    id = id.slice(id.lastIndexOf("/") + 1);
  }
  return id.toLowerCase().replace(PROFILE_PREFIX, "");
}

/**
 * The row of a model that its id tells.
 * @param model The configured model id or ARN, with or without an inference profile's prefix.
 * @returns undefined for an ARN that hides the model, and for a maker that is not in the table.
 */
export function knownModel(model: string): ModelRow | undefined {
  const known = found.get(model);
  if (known !== undefined || found.has(model)) return known;
  if (found.size >= MOST_FOUND) found.clear();
  const row = find(model);
  found.set(model, row);
  return row;
}

/** By the id as it is configured: a request asks for it ten times. */
const found = new Map<string, ModelRow | undefined>();
const MOST_FOUND = 1000;

function find(model: string): ModelRow | undefined {
  const id = plainModelId(model);
  if (id === undefined) return undefined;
  return lookUp(EXACT, id) ?? PREFIXES.find((row) => id.startsWith(row.id));
}

/**
 * The list prices of a model; undefined where none is known. A global inference profile has prices of its own.
 * @param model As for {@link knownModel}.
 */
export function listPrices(model: string): Prices | undefined {
  const id = plainModelId(model);
  const [regional, global] = (id !== undefined && lookUp(PRICES, id)) || [];
  const row = global !== undefined && /(?:^|\/)global\./i.test(model.trim()) ? global : regional;
  return row && pricesOf(row);
}

/** By an id with or without its date and version. */
function lookUp<T>(table: ReadonlyMap<string, T>, id: string): T | undefined {
  // Without a revision: `:0`, `:1:200k`.
  const [name = ""] = id.split(":", 1);
  return table.get(name) ?? table.get(name.replace(DATE_AND_VERSION, ""));
}

/**
 * The row of a model; where its id tells none, or one that the family does not speak, what every model of that family takes.
 * @param family What `family:` says, or who asks.
 */
export function rowFor(model: string, family: string | undefined): ModelRow {
  const known = knownModel(model);
  const hidden = HIDDEN_BY_FAMILY.get(family?.toLowerCase());
  if (known !== undefined && (hidden === undefined || hidden.family === known.family)) return known;
  return hidden ?? HIDDEN;
}

const GOV_CLOUD = /^(?:us-gov\.|arn:aws-us-gov:)/;

/** What Claude's family has to know of a model. */
export function claudeModel(model: string): ClaudeModel {
  const { claude = HIDDEN_CLAUDE.claude } = rowFor(model, "anthropic");
  return GOV_CLOUD.test(model) ? { ...claude, displays: false } : claude;
}

export function novaModel(model: string): NovaModel {
  return rowFor(model, "nova").nova ?? HIDDEN_NOVA.nova;
}

/** The values of `family:` that mean Llama. For models whose id tells the generation, they all mean the same. */
export type LlamaFamilyName = keyof typeof HIDDEN_LLAMAS;

export function llamaModel(model: string, family: LlamaFamilyName): LlamaModel {
  return rowFor(model, family).llama ?? HIDDEN_LLAMAS[family].llama;
}

/** The values of `family:` that mean Mistral. For models whose id tells the form, they mean the same. */
export type MistralFamilyName = keyof typeof HIDDEN_MISTRALS;

export function mistralModel(model: string, family: MistralFamilyName): MistralModel {
  return rowFor(model, family).mistral ?? HIDDEN_MISTRALS[family].mistral;
}

export function cohereModel(model: string): CohereModel {
  return rowFor(model, "cohere").cohere ?? HIDDEN_COHERE.cohere;
}

/** @param family One whose body is OpenAI's chat completion: `jamba`, `openai` or `writer`. */
export function chatModel(model: string, family: string): ChatModel {
  return rowFor(model, family).chat ?? HIDDEN_CHAT.chat;
}

/** What Converse takes for a model, also behind an ARN whose family is configured. */
export function converseModel(model: string, family: string | undefined): ConverseModel {
  const { converse } = rowFor(model, family);
  if (converse.claude === undefined || !GOV_CLOUD.test(model)) return converse;
  return { ...converse, claude: { ...converse.claude, displays: false } };
}

/** Facts as everybody may know them. */
export function modelFacts({ contextWindow, maxOutput, tools, images, streaming, reasoning }: BaseFacts) {
  return { contextWindow, maxOutput, capabilities: { tools, images, streaming, reasoning } };
}
