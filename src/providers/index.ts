/** The providers by a target's kind. */
import type { Provider, Target } from "../contracts.ts";
import { bedrock } from "./bedrock/index.ts";
import { openai } from "./openai-compatible/index.ts";

const PROVIDERS: Readonly<Record<Target["kind"], Provider>> = { bedrock, openai };

/** The provider that reaches a target. */
export function providerOf(target: Target): Provider {
  return PROVIDERS[target.kind];
}
