/** The families this router speaks, and which of them a target needs. A new family is one import and two lines here. */
import type { BedrockTarget, Family } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { anthropic } from "./anthropic/index.ts";
import { plainModelId } from "./model-id.ts";

/** By the name that `family:` takes. */
const FAMILIES: ReadonlyMap<string, Family> = new Map([anthropic].map((family) => [family.name, family]));

/** How plain model ids begin, and the family that such a model speaks. The first match counts. */
const MODEL_IDS: readonly (readonly [prefix: string, family: string])[] = [["anthropic.claude", "anthropic"]];

/** The names that `family:` accepts, sorted. */
export function familyNames(): string[] {
  return [...FAMILIES.keys()].sort();
}

/**
 * The family that speaks to a target's model: the configured one, else the one its model id tells.
 * @throws RouterError `config_invalid` where neither names a known family.
 */
export function familyFor(target: BedrockTarget): Family {
  const id = plainModelId(target.model);
  const name = target.family ?? MODEL_IDS.find(([prefix]) => id?.startsWith(prefix))?.[1];
  const family = name === undefined ? undefined : FAMILIES.get(name.toLowerCase());
  if (family === undefined) throw new RouterError("config_invalid", unknownFamily(target, id === undefined));
  return family;
}

function unknownFamily(target: BedrockTarget, opaque: boolean): string {
  const known = `Known families: ${familyNames().join(", ")}.`;
  const model = `the Bedrock model "${target.model}" of llms.${target.name}`;
  if (target.family !== undefined) {
    return `llms.${target.name}.family is "${target.family}" (for ${model}), which is not a known family. ${known}`;
  }
  if (opaque) {
    return `The ARN does not tell which kind of model is behind ${model}: set "family:" there. ${known}`;
  }
  return `The id does not tell the family of ${model}: correct "model:" or set "family:" there. ${known}`;
}
