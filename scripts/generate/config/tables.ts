/** The tables of keys in docs/configuration.md, from the same tables and descriptions as the JSON Schema. */
import { stringify } from "yaml";
import { IDENTITY, SHARED_REGIONS } from "../../../src/config/aws.ts";
import { MODEL_ROLE, MODEL_TAGS, SHARED_ROLE, SHARED_TAGS } from "../../../src/config/aws-role.ts";
import { BASE, KIND } from "../../../src/config/base-target.ts";
import { BASE_URL } from "../../../src/config/base-url.ts";
import { BEDROCK, CREDENTIALS, GUARDRAIL, REGIONS } from "../../../src/config/bedrock-target.ts";
import { weight } from "../../../src/config/fields.ts";
import { ignoredKeys } from "../../../src/config/ignored.ts";
import { type Key, type Keys, MODEL, PROVIDER } from "../../../src/config/keys.ts";
import { CONNECTION, OPENAI } from "../../../src/config/openai-target.ts";
import { KNOWN_PROVIDERS, knownBaseUrl } from "../../../src/config/provider.ts";
import { EMBEDDING_MODEL, KNN, MEANING, ROUTE, TIER } from "../../../src/config/meaning.ts";
import { HEDGE, RETRY, ROUND_ROBIN, ROUTER } from "../../../src/config/router.ts";
import { LIMITS } from "../../../src/config/client-limits.ts";
import { CHOSEN, CONDITIONS, DEFAULT, METADATA } from "../../../src/config/rules.ts";
import { SERVE } from "../../../src/config/serve.ts";
import { familyNames } from "../../../src/families/index.ts";
import { defaultOf, describe } from "./field-schema.ts";

/** Providers that have no OpenAI-compatible address. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ["bedrock", "Amazon Bedrock, by its region"],
  ["anthropic", "https://api.anthropic.com, Anthropic's own API"],
  ["workers-ai", "Cloudflare's Workers AI, by its binding: [embedding and rerank models](embeddings.md)"],
]);

/** A row about a key. */
interface Row {
  readonly name: string;
  readonly value: string;
  readonly otherwise: unknown;
  readonly path: string;
}

const MODELS = "llms.*";

/** By the name of the part in the document. */
export const TABLES: Readonly<Record<string, () => string>> = {
  sections: () =>
    table(
      ["Section", ""],
      ["serve", "router", "llms", "models", "api_keys", "aws", "keys"].map((name) => [
        code(name),
        explained(name),
      ]),
    ),
  serve: () => keyTable(rows("serve", SERVE)),
  router: () => {
    const { strategy, fallbackModels, ...times } = ROUTER;
    return keyTable([
      ...rows("router", { strategy }),
      row("router", "weights", `for each name ${weight.wanted}`),
      row("router", "rules", "a list of [rules](#rules)"),
      ...rows("router", { MODEL, PROVIDER, BASE_URL, REGIONS, ...CONNECTION }).map(asForModels),
      ...rows("router", { fallbackModels }),
      row("router", "retry", `${RETRY.attempts.field.wanted}, or a mapping`),
      ...rows("router.retry", RETRY),
      ...rows("router", times),
      row("router", "hedge", "a mapping"),
      ...rows("router.hedge", HEDGE),
      ...rows("router.round_robin", ROUND_ROBIN),
      row("router", "tiers", "a list of [tiers](#tiers-and-routes)"),
      row("router", "routes", "a list of [routes](#tiers-and-routes)"),
      row("router", "knn", "a mapping"),
      ...rows("router.knn", KNN),
      ...rows("router", { EMBEDDING_MODEL, ...MEANING }),
    ]);
  },
  meaning: () =>
    table(
      ["Key", "Value", ""],
      [
        ...rows("router.tiers[]", TIER).map((found) => ({ ...found, name: `tiers: ${found.name}` })),
        ...rows("router.routes[]", ROUTE).map((found) => ({ ...found, name: `routes: ${found.name}` })),
      ].map(({ name, value, path }) => [code(name), value, explained(path)]),
    ),
  keys: () => keyTable(rows("keys.*", LIMITS)),
  rules: () => {
    const { keywords, ...rest } = CONDITIONS;
    return table(
      ["Key", "Value", "Holds, or means"],
      [
        ...rows("router.rules[]", { keywords, ...rest }),
        row("router.rules[]", "metadata", `for each entry ${METADATA.wanted} or a number`),
        ...rows("router.rules[]", { CHOSEN, DEFAULT }),
      ].map(({ name, value, path }) => [code(name), value, explained(path)]),
    );
  },
  models: () => keyTable(rows(MODELS, { PROVIDER, MODEL, BASE_URL, KIND, ...BASE })),
  aws: () =>
    keyTable([
      ...rows("aws", { SHARED_REGIONS, ...SHARED_ROLE }),
      row("aws", SHARED_TAGS, "a mapping"),
      ...rows("aws", IDENTITY),
    ]),
  bedrock: () =>
    keyTable([
      ...rows(MODELS, { REGIONS, ...CREDENTIALS, ...MODEL_ROLE }),
      row(MODELS, MODEL_TAGS, "a mapping"),
      ...rows(MODELS, BEDROCK).map(withFamilies),
      row(MODELS, "guardrail", "a mapping"),
      ...rows(`${MODELS}.guardrail`, GUARDRAIL),
    ]),
  openai: () => keyTable(rows(MODELS, { ...OPENAI, ...CONNECTION })),
  providers: () =>
    table(
      ["`provider`", "Address"],
      KNOWN_PROVIDERS.map((name) => [code(name), knownBaseUrl(name) ?? OTHERS.get(name) ?? ""]),
    ),
  ignored: () =>
    table(
      ["Key", "What does its work"],
      ["", "serve", "router", MODELS].flatMap((section) =>
        [...ignoredKeys(section)].map(([name, instead]) => [code(shown(section, name)), instead]),
      ),
    ),
};

function rows(section: string, keys: Keys): Row[] {
  return Object.values(keys).map((key) => ({
    ...row(section, key.name, wantedOf(key)),
    otherwise: defaultOf(key),
  }));
}

function row(section: string, name: string, value: string): Row {
  const short = section
    .replace(/^(serve|router|aws|(?:llms|keys)\.\*)(\.|$)/, "")
    .replace(/^(?:rules|tiers|routes)\[\]$/, "");
  return { name: shown(short, name), value, otherwise: undefined, path: `${section}.${name}` };
}

function shown(section: string, name: string): string {
  return section === "" ? name : `${section.replace("*", "NAME")}.${name}`;
}

/** Where the router model's keys mean the same as a model's, their defaults are not told twice. */
function asForModels(row: Row): Row {
  return row.name in { auth_mode: 1, chat_path: 1, local: 1, aws_region: 1 }
    ? { ...row, otherwise: undefined }
    : row;
}

function withFamilies(row: Row): Row {
  return row.name === BEDROCK.family.name ? { ...row, value: `one of ${familyNames().join(", ")}` } : row;
}

/** What a value looks like; what many keys have in common is explained once. */
function wantedOf({ field, many }: Key<unknown, unknown>): string {
  const wanted = field.wanted
    .replace(/^seconds as a number, .* more than 0, at most /, "a [time span](#values), at most ")
    .replace(/^seconds as a number, .* at least /, "a [time span](#values), at least ")
    .replace(/^bytes as a number, .*$/, "a [size](#values)")
    .replace(/ \(put it in quotes .*\)$/, "");
  return many ? `a list, or one: ${wanted}` : wanted;
}

function keyTable(found: readonly Row[]): string {
  return table(
    ["Key", "Value", "Default", ""],
    found.map((row) => [code(row.name), row.value, defaultText(row), explained(row.path)]),
  );
}

function defaultText({ path, otherwise }: Row): string {
  return (
    describe(path).otherwise ?? (otherwise === undefined || otherwise === "" ? "" : code(inline(otherwise)))
  );
}

function explained(path: string): string {
  const { text, examples } = describe(path);
  return examples ? `${text} For example ${code(inline(examples[0]))}.` : text;
}

/** As one would write it on a line. */
function inline(value: unknown): string {
  if (typeof value === "string") return stringify(value, { lineWidth: 0 }).trim();
  return stringify(value, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trim();
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A Markdown table. */
function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...body.map(line)].join("\n");
}
