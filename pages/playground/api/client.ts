/** The router's JSON endpoints. */
import { errorOf, keyHeader, request } from "../../lib/api.ts";
import { type JsonObject, numberOf, objectOf, objectsOf, textOf, textsOf } from "../../lib/json.ts";

/** An entry of `GET /v1/models`. */
export interface Model {
  readonly id: string;
  readonly description: string;
  readonly contextWindow: number | undefined;
  readonly maxOutput: number | undefined;
  readonly capabilities: readonly string[];
  /** As the configuration names it. */
  readonly provider: string;
  /** The upstream's own id; empty of `auto`. */
  readonly upstream: string;
  /** Where it is called, in order. */
  readonly regions: readonly string[];
  /** The local emulator makes its answers up, and bills nothing. */
  readonly emulated: boolean;
  /** US dollars per million tokens, where the router tells its prices. */
  readonly inputPrice: number | undefined;
  readonly outputPrice: number | undefined;
}

/** What `POST /v1/route` tells. */
export interface Explanation {
  readonly strategy: string;
  /** Null when a model would have to be asked first. */
  readonly model: string | null;
  readonly reason: string;
  readonly order: readonly string[];
  readonly fallbacks: readonly string[];
  /** Of the strategy `random`: the share of each model, 0 to 1. */
  readonly chances: Readonly<Record<string, number>>;
}

/** Whether the router answers without a key. False also when it cannot tell. */
export async function isOpen(): Promise<boolean> {
  const response = await request("/health");
  const body: unknown = await response.json().catch(() => undefined);
  return Array.isArray(objectOf(body).models) || objectOf(body).error !== undefined;
}

/**
 * The models to talk to; those that give vectors or an order are none.
 * @throws ApiError
 */
export async function listModels(key: string): Promise<Model[]> {
  const response = await request("/v1/models", { headers: keyHeader(key) });
  if (!response.ok) throw await errorOf(response);
  const all = objectsOf(objectOf(await response.json()).data);
  return all.filter(({ kind }) => kind === undefined).map(modelFrom);
}

/**
 * Explains where a request would go, without sending it there.
 * @param live Lets the strategy `llm` ask its router model.
 * @throws ApiError
 */
export async function explain(
  key: string,
  body: JsonObject,
  live: boolean,
  signal: AbortSignal,
): Promise<Explanation> {
  const response = await request(`/v1/route${live ? "?live=1" : ""}`, {
    method: "POST",
    headers: { ...keyHeader(key), "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw await errorOf(response);
  return explanationFrom(objectOf(await response.json()));
}

function modelFrom(entry: JsonObject): Model {
  const can = objectOf(entry.capabilities);
  return {
    id: textOf(entry.id) ?? "",
    description: textOf(entry.description) ?? "",
    contextWindow: numberOf(entry.context_window),
    maxOutput: numberOf(entry.max_completion_tokens),
    capabilities: ["tools", "images", "reasoning"].filter((name) => can[name] === true),
    provider: textOf(entry.owned_by) ?? "",
    upstream: textOf(entry.upstream_model) ?? "",
    regions: textsOf(entry.regions),
    emulated: entry.emulated === true,
    inputPrice: numberOf(entry.input_price),
    outputPrice: numberOf(entry.output_price),
  };
}

function explanationFrom(body: JsonObject): Explanation {
  const chances = Object.entries(objectOf(objectOf(body.details).chances));
  return {
    strategy: textOf(body.strategy) ?? "",
    model: textOf(body.model) ?? null,
    reason: textOf(body.reason) ?? "",
    order: textsOf(body.order),
    fallbacks: textsOf(body.fallbacks),
    chances: Object.fromEntries(chances.map(([name, share]) => [name, numberOf(share) ?? 0])),
  };
}
