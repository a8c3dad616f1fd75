/** The models behind the router that every client is tried with, and a task of several steps for them. */
import { planDirective, type Step } from "../../emulator/answer/plan.ts";
import type { RecordedRequest } from "../../emulator/log.ts";
import { awsBindings, type Stack, startStack } from "../support/stack.ts";

/** Configured names. */
export const MODELS = ["claude", "claude-adaptive", "nova", "gpt-oss", "gpt"] as const;

export function startModels(): Promise<Stack> {
  return startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      serve: { max_body_bytes: "16MiB" },
      llms: {
        claude: { provider: "bedrock", model: "global.anthropic.claude-sonnet-4-5-20250929-v1:0" },
        "claude-adaptive": { provider: "bedrock", model: "global.anthropic.claude-opus-4-7" },
        nova: { provider: "bedrock", model: "us.amazon.nova-lite-v1:0" },
        "gpt-oss": { provider: "bedrock", model: "openai.gpt-oss-120b-1:0" },
        gpt: {
          provider: "openai",
          model: "gpt-4o",
          base_url: emulator.openaiUrl,
          api_key: emulator.openaiKey,
        },
      },
    }),
  });
}

/** A user's words and the plan behind them: two calls at once, one of them for an image, a step that fails, a last one. */
export function task(
  shell: (command: string) => Step["calls"][number],
  image: Step["calls"][number],
): string {
  const steps: Step[] = [
    { calls: [shell("echo step-1"), image] },
    { after: "step-1", calls: [shell("echo step-2; exit 3")] },
    { after: "step-2", calls: [shell("echo step-3")] },
  ];
  return `Do it in three steps. ${planDirective(steps)}`;
}

/** What the emulated models were sent since `from`, but for what only counts tokens. */
export function sentSince(stack: Stack, from: number): readonly RecordedRequest[] {
  return stack.emulator.requests.filter(
    ({ startedAt, path }) => startedAt >= from && !path.includes("count"),
  );
}
