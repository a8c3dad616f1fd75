/** The providers by a target's kind. */
import type { Provider } from "../contracts.ts";
import type { Target } from "../target.ts";
import { familyProblem, lifecycleNote } from "../families/index.ts";
import { anthropic } from "./anthropic/index.ts";
import { bedrock } from "./bedrock/index.ts";
export { taskOf as bedrockTask } from "../families/index.ts";
export { credentialNotes } from "./bedrock/credentials/index.ts";
export { type IdentityProvider, identityProvider } from "./bedrock/credentials/identity.ts";
import { openai } from "./openai-compatible/index.ts";
import { workersAi } from "./workers-ai/index.ts";

const PROVIDERS: Readonly<Record<Target["kind"], Provider>> = {
  anthropic,
  bedrock,
  openai,
  "workers-ai": workersAi,
};

/** What keeps a target from being called, whatever is asked of it; undefined when nothing does. */
export function targetProblem(target: Target): string | undefined {
  return target.kind === "bedrock" ? familyProblem(target) : undefined;
}

/** What the owner of a target should know though it can be called: that its model is on its way out. */
export function targetNote(target: Target): string | undefined {
  return target.kind === "bedrock" ? lifecycleNote(target) : undefined;
}

/** The provider that reaches a target. */
export function providerOf(target: Target): Provider {
  return PROVIDERS[target.kind];
}
