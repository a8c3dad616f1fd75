/**
 * src/families/models/list-prices.generated.ts: Bedrock's list prices, from @pydantic/genai-prices (MIT), as they are in the installed
 * version; nothing is asked over the network. Left out: models without an answer in text, and those that are retired.
 */
import {
  type ConditionalPrice,
  findProvider,
  type ModelInfo,
  type ModelPrice,
  type TieredPrices,
} from "@pydantic/genai-prices";
import { knownModel, plainModelId } from "../../src/families/models/index.ts";
import type { PriceEntry, PriceRow } from "../../src/families/models/prices.ts";
import type { Generated } from "../generate.ts";
import { NEWER } from "./prices/newer.ts";

const PATH = "src/families/models/list-prices.generated.ts";
const FIELDS = [
  "input_mtok",
  "output_mtok",
  "cache_read_mtok",
  "cache_write_mtok",
  "cache_write_1h_mtok",
] as const;

/**
 * Anthropic's price for an hour, where the package has none: twice the input price, on every platform.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing
 */
const HOUR_TIMES = 2;

type Field = (typeof FIELDS)[number];

/** What counts now: the newest of prices that have changed. @throws Error for prices by the time of day. */
function current({ id, prices }: ModelInfo): ModelPrice {
  if (!Array.isArray(prices)) return prices;
  const since = ({ constraint }: ConditionalPrice): string => {
    if (constraint?.type === "time_of_date") throw new Error(`${id} has prices by the time of day`);
    return constraint?.start_date ?? "";
  };
  const newest = prices.toSorted((a, b) => since(a).localeCompare(since(b))).at(-1);
  if (newest === undefined) throw new Error(`${id} has no prices`);
  return newest.prices;
}

type Price = number | TieredPrices | undefined;

const tiersOf = (price: Price) => (typeof price === "object" ? price.tiers : []);
const base = (price: Price): number | undefined => (typeof price === "object" ? price.base : price);

/** What counts above `start`. */
function above(price: Price, start: number): number | undefined {
  return tiersOf(price).find((tier) => tier.start === start)?.price ?? base(price);
}

function rowOf(model: ModelInfo): PriceRow {
  const prices = current(model);
  const hours = knownModel(idOf(model))?.claude?.hourCache ?? false;
  const five = (of: (field: Field) => number | undefined): (number | null)[] => {
    const input = of("input_mtok");
    const hour = hours && input !== undefined ? rounded(input * HOUR_TIMES) : undefined;
    return FIELDS.map((field) => of(field) ?? (field === "cache_write_1h_mtok" ? hour : undefined) ?? null);
  };
  const starts = new Set(FIELDS.flatMap((field) => tiersOf(prices[field]).map(({ start }) => start)));
  if (starts.size > 1) throw new Error(`${model.id} has more than two tiers`);
  const long = [...starts].flatMap((start) => [start, ...five((field) => above(prices[field], start))]);
  return trimmed([...five((field) => base(prices[field])), ...long]);
}

const rounded = (price: number): number => Number(price.toFixed(6));

/** Without what is unset at the end. */
function trimmed(row: readonly (number | null)[]): PriceRow {
  return row.slice(0, row.findLastIndex((price) => price !== null) + 1);
}

/** The package's ids begin with `global.` or `regional.` where the two differ. */
function idOf({ id }: ModelInfo): string {
  return id.replace(/^(?:global|regional)\./, "");
}

function nameOf(model: ModelInfo): string {
  const id = plainModelId(idOf(model)) ?? "";
  const known = knownModel(id);
  const name = id.replace(/:.*$/, "");
  return known !== undefined && known.id === name ? name : name.replace(/(?:-\d{8})?(?:-v\d+)?$/, "");
}

function hasTextAnswer({ id, prices }: ModelInfo): boolean {
  const all = Array.isArray(prices) ? prices.map((one) => one.prices) : [prices];
  return !/sonic|embed/.test(id) && all.every((one) => one.input_mtok !== undefined);
}

function fromPackage(): PriceEntry[] {
  const provider = findProvider({ providerId: "aws" });
  if (provider === undefined) throw new Error("@pydantic/genai-prices knows no provider aws");
  const rows = new Map<string, { regional?: PriceRow; global?: PriceRow }>();
  for (const model of provider.models.toSorted((a, b) => a.id.localeCompare(b.id))) {
    if (!hasTextAnswer(model) || knownModel(idOf(model))?.lifecycle?.state === "retired") continue;
    const place = model.id.startsWith("global.") ? "global" : "regional";
    rows.set(nameOf(model), { ...rows.get(nameOf(model)), [place]: rowOf(model) });
  }
  return [...rows].map(([name, { regional, global }]) => {
    return [name, [regional, global].filter((row) => row !== undefined)];
  });
}

/** @throws Error where the package's data has a form that the table has not. */
export function generated(): Generated[] {
  const known = fromPackage();
  const names = new Set(known.map(([name]) => name));
  const all = [...known, ...NEWER.filter(([name]) => !names.has(name))];
  const lines = all.sort(([a], [b]) => (a < b ? -1 : 1)).map((entry) => `  ${JSON.stringify(entry)},`);
  const content = `// Generated by \`npm run generate\` from @pydantic/genai-prices (MIT) and models.dev (MIT). Do not edit.
import type { PriceEntry } from "./prices.ts";

export const LIST_PRICES: readonly PriceEntry[] = [
${lines.join("\n")}
];
`;
  return [{ path: PATH, content }];
}
