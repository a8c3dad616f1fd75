/** Foundation models joined with inference profiles: what can be called, and by which id. */
import { familyNames } from "../../src/families/index.ts";
import { knownModel, plainModelId } from "../../src/families/models/index.ts";
import { profilePrefixes } from "../../src/providers/bedrock/inference-profile.ts";
import type { InferenceProfile, Offer } from "./control-plane.ts";

export interface Discovered {
  /** A name for the configuration, unique. */
  readonly name: string;
  /** What to write as `model:`. */
  readonly model: string;
  /** Other ids of the same model. */
  readonly others: readonly string[];
  /** What the id does not tell, and who reads the configuration has to be told. */
  readonly family?: string;
  readonly api?: "converse";
  readonly legacy: boolean;
}

/** In the order of their names, application profiles last. */
export function discovered(region: string, { models, profiles }: Offer): Discovered[] {
  const systems = profiles.filter(({ type }) => type === "SYSTEM_DEFINED");
  const entries = models.flatMap(({ id, inferenceTypes, legacy }): Discovered[] => {
    const ids = [
      ...(inferenceTypes.includes("ON_DEMAND") ? [id] : []),
      ...systems.filter((one) => one.models.includes(id)).map((one) => one.id),
    ].sort((a, b) => rank(a, region) - rank(b, region));
    const [model, ...others] = ids;
    if (model === undefined) return [];
    // A maker that nobody here knows is spoken to in the format that all models share.
    const api = knownModel(id) === undefined ? ({ api: "converse" } as const) : {};
    return [{ name: nameOf(id), model, others, legacy, ...api }];
  });
  const own = profiles.filter(({ type }) => type === "APPLICATION").map((one) => ofProfile(one, models));
  return unique([...entries.sort(byName), ...own.sort(byName)]);
}

function ofProfile({ arn, name, models }: InferenceProfile, known: Offer["models"]): Discovered {
  const id = models[0] ?? "";
  const row = knownModel(id);
  return {
    name: name.replace(/[^\x21-\x7e]+/g, "-") || "profile",
    model: arn,
    others: [],
    legacy: known.some((one) => one.id === id && one.legacy),
    ...(row && familyNames().includes(row.family) && { family: row.family }),
    ...((row === undefined || row.surface === "converse") && { api: "converse" }),
  };
}

/** The model itself before the profiles, the near ones before the far. */
function rank(id: string, region: string): number {
  if (plainModelId(id) === id.toLowerCase()) return -1;
  const at = profilePrefixes(region).findIndex((prefix) => id.startsWith(prefix));
  return at === -1 ? profilePrefixes(region).length : at;
}

/** `anthropic.claude-opus-4-5-20251101-v1:0` as `claude-opus-4-5`. */
function nameOf(id: string): string {
  return id.slice(id.indexOf(".") + 1).replace(/(?:-\d{8})?(?:-v?\d+:.*|-v\d+)?$/, "") || id;
}

function byName(a: Discovered, b: Discovered): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function unique(all: readonly Discovered[]): Discovered[] {
  const seen = new Map<string, number>();
  return all.map((one) => {
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    return count === 1 ? one : { ...one, name: `${one.name}-${count}` };
  });
}
