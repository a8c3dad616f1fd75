/** The keys of a model of Cloudflare's Workers AI: `provider: workers-ai`. It has neither an address nor a key. */
import type { WorkersAiTarget } from "../target.ts";
import { type BaseTarget, KIND, readTask } from "./base-target.ts";
import { taskOf } from "./openai-target.ts";
import type { Section } from "./section.ts";

/** Reads a model of `llms`. */
export function readWorkersAiTarget(at: Section, base: BaseTarget): WorkersAiTarget {
  const task = readTask(at, taskOf(base.model));
  if (task.task === undefined) {
    at.problem(
      KIND.name,
      "the binding of Workers AI is for embedding and rerank models; wanted kind: embedding or kind: rerank, or for conversations the OpenAI-compatible API of Workers AI by its base_url",
    );
  }
  return { kind: "workers-ai", ...base, ...task };
}
