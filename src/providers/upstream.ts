/** Who answers for a target, as those who may use it are told: no address, no credential, no number of an account. */
import type { ReadBinding } from "../env.ts";
import type { Target } from "../target.ts";
import { bedrockPlaces, regionOf } from "./bedrock/endpoint.ts";

export interface UpstreamFacts {
  /** The upstream's own id of the model. */
  readonly upstream_model: string;
  /** Of a model on Bedrock: where it is called, in order. */
  readonly regions?: readonly string[];
  /** The emulator of `npm start` answers: what it says is made up, and nothing is billed. */
  readonly emulated?: true;
}

/** @param binding `ROUTER_EMULATOR` is the emulator's address, where one stands for the upstreams. */
export function upstreamFacts(target: Target, binding: ReadBinding): UpstreamFacts {
  const regions = target.kind === "bedrock" ? regionsOf(target, binding) : [];
  return {
    upstream_model: target.model.replace(/(?<!\d)\d{12}(?!\d)/g, "[account]"),
    ...(regions.length > 0 && { regions }),
    ...(isEmulated(target, binding) && { emulated: true }),
  };
}

function regionsOf(target: Extract<Target, { kind: "bedrock" }>, binding: ReadBinding): readonly string[] {
  if (target.regions.length > 0) return bedrockPlaces(target).map(({ id }) => id);
  try {
    return [regionOf(target, binding)];
  } catch {
    // What the bindings hold is no region, so it may be anything.
    return [];
  }
}

function isEmulated(target: Target, binding: ReadBinding): boolean {
  const emulator = binding("ROUTER_EMULATOR");
  if (emulator === undefined || target.kind === "workers-ai") return false;
  const own = target.kind === "bedrock" ? binding("AWS_ENDPOINT_URL_BEDROCK_RUNTIME") : undefined;
  return `${target.baseUrl ?? own}/`.startsWith(`${emulator}/`);
}
