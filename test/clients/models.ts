/** The models behind the router that every client is tried with, and a task of several steps for them. */
import { planDirective, type Step } from "../../emulator/answer/plan.ts";
import type { RecordedRequest } from "../../emulator/log.ts";
import { awsBindings, type Stack, startStack } from "../support/stack.ts";
import type { Program } from "./programs/program.ts";
import type { Place } from "./run.ts";

/** Configured names: Claude with a budget and with adaptive thinking, and what is not Claude. */
export const MODELS = ["claude", "claude-adaptive", "nova", "gpt-oss", "gpt"] as const;
export type Model = (typeof MODELS)[number];

/** Those that are shown pictures; to the others they are refused, or told of in words. */
export const WITH_EYES: ReadonlySet<Model> = new Set(["claude", "claude-adaptive", "nova", "gpt"]);

/** A name under which Codex takes a model for one of OpenAI's, and gives it a tool for patches. */
export function knownName(model: Model): string {
  return `gpt-5.5-${model}`;
}

export function startModels(): Promise<Stack> {
  return startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      serve: { max_body_bytes: "16MiB" },
      llms: named({
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
      }),
    }),
  });
}

function named(models: Readonly<Record<Model, object>>): object {
  return Object.fromEntries(MODELS.map((name) => [name, { ...models[name], aliases: [knownName(name)] }]));
}

/**
 * A user's words and the plan behind them: two calls at once, a step that fails, a last one. The first two are a command and a look at a
 * picture, where the client and the model can.
 */
export function task(program: Program, place: Place, name: string): string {
  const beside = program.look?.(place.picture) ?? program.shell("echo beside");
  const steps: Step[] = [
    { calls: [program.shell("echo step-1"), beside] },
    { after: "step-1", calls: [program.shell("echo step-2; exit 3")] },
    { after: "step-2", calls: [program.shell("echo step-3")] },
  ];
  return `Do the job ${name} in steps. ${planDirective(steps)}`;
}

/** What the emulated models were sent that has this name in it, but for what only counts tokens. */
export function sentOf({ emulator }: Stack, name: string): readonly (RecordedRequest & { text: string })[] {
  return emulator.requests
    .filter(({ path }) => !path.includes("count"))
    .map((request) => ({ ...request, text: JSON.stringify(request.body) ?? "" }))
    .filter(({ text }) => text.includes(name));
}
