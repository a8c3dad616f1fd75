/** The emulated families. A new one is a file and a line here. */
import type { JsonObject } from "../json.ts";
import { anthropic } from "./anthropic/index.ts";
import type { EmulatedFamily } from "./family.ts";

const FAMILIES: readonly EmulatedFamily[] = [anthropic];

/** The family that speaks for a model id or ARN, if any does. */
export function familyOf(modelId: string, body: JsonObject): EmulatedFamily | undefined {
  return FAMILIES.find((family) => family.matches(modelId, body));
}
