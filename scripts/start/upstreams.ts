/** Who answers for a configured model on this machine, in truth. */
import type { ReadBinding } from "../../src/env.ts";
import { regionOf } from "../../src/providers/bedrock/endpoint.ts";
import type { Target } from "../../src/target.ts";

export interface Upstream {
  /** Of the configured model. */
  readonly name: string;
  /** The upstream's own id. */
  readonly model: string;
  /** Who is called, for people. */
  readonly where: string;
  /** Somebody is paid for a call. */
  readonly billed: boolean;
  readonly emulated: boolean;
}

const LOOPBACK = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/;

/** @param emulator The emulator's address; undefined where none runs. */
export function upstreamOf(target: Target, binding: ReadBinding, emulator: string | undefined): Upstream {
  const { name, model } = target;
  if (target.kind === "workers-ai") {
    return { name, model, where: "Workers AI, by its binding", billed: true, emulated: false };
  }
  const base = target.kind === "bedrock" ? (target.baseUrl ?? bedrockOverride(binding)) : target.baseUrl;
  const emulated = emulator !== undefined && base?.startsWith(emulator) === true;
  if (emulated) return { name, model, where: "local emulator", billed: false, emulated };
  if (base !== undefined && LOOPBACK.test(base)) return { name, model, where: base, billed: false, emulated };
  return { name, model, where: base ?? bedrockPlace(target, binding), billed: true, emulated };
}

function bedrockOverride(binding: ReadBinding): string | undefined {
  return binding("AWS_ENDPOINT_URL_BEDROCK_RUNTIME") || undefined;
}

function bedrockPlace(target: Target, binding: ReadBinding): string {
  if (target.kind !== "bedrock") return "nowhere";
  const regions = target.regions.length > 0 ? target.regions : [regionOf(target, binding)];
  return `Amazon Bedrock in ${regions.join(", ")}`;
}
